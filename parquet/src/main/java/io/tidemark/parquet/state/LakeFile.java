package io.tidemark.parquet.state;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemark.api.model.TableName;
import java.util.List;

/**
 * A data file that counts.
 *
 * @param path its key below the lake's root
 * @param tableSchema the schema ("namespace") of the table whose changes it holds
 * @param table the table
 * @param rows number of rows
 * @param bytes its length
 * @param schemaVersion version of the table's form under which it was written
 * @param extras names of the columns that only some files have
 * @param unchanged whether any row has an unchanged TOAST value
 * @param minLsn lowest commit LSN
 * @param maxLsn highest commit LSN
 * @param standsFor paths of the files among the table's others that hold the same rows, where this
 *     one lies aside, so that readers that only list files do not find it
 */
public record LakeFile(
    String path,
    String tableSchema,
    String table,
    long rows,
    long bytes,
    int schemaVersion,
    List<String> extras,
    boolean unchanged,
    String minLsn,
    String maxLsn,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> standsFor) {
  public LakeFile {
    extras = List.copyOf(extras);
    standsFor = standsFor == null ? List.of() : List.copyOf(standsFor);
  }

  /** Whether it lies where readers that only list files do not look. */
  @JsonIgnore
  public boolean isAside() {
    return !standsFor.isEmpty();
  }

  /**
   * Its path among the table's other files; where it lies aside, the path that it has there until
   * its part is that of the commit that shows it.
   */
  @JsonIgnore
  public String shownPath() {
    return isAside() ? DataFiles.shown(path, standsFor.get(0)) : path;
  }

  /**
   * Where a commit shows it.
   *
   * @param number of the commit
   * @param place among the files that the commit shows, from 0
   */
  String shownPath(long number, int place) {
    return DataFiles.shownBy(number, place, shownPath());
  }

  /** The files that readers who only list files see in its place; itself where it is shown. */
  @JsonIgnore
  public List<String> shownFiles() {
    return isAside() ? standsFor : List.of(path);
  }

  /** The same file at a path among the table's others. */
  LakeFile shown(String at) {
    return new LakeFile(
        at,
        tableSchema,
        table,
        rows,
        bytes,
        schemaVersion,
        extras,
        unchanged,
        minLsn,
        maxLsn,
        List.of());
  }

  /** Whose changes it holds. */
  public TableName tableName() {
    return new TableName(tableSchema, table);
  }

  /** The text form of a sealed piece. */
  public String toJson() {
    return StateCodec.writeFile(this);
  }

  /** Reads what {@link #toJson} wrote. */
  public static LakeFile ofJson(String text) {
    return StateCodec.readFile(text);
  }
}
