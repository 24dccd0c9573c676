package io.tidemark.parquet.state;

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
    String maxLsn) {
  public LakeFile {
    extras = List.copyOf(extras);
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
