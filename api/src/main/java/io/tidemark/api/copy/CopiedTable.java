package io.tidemark.api.copy;

import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import java.util.List;
import java.util.Optional;

/**
 * A table of a copy at one tidemark.
 *
 * @param versions every version of its form below the tidemark, newest last; at least one. Readers
 *     need the older ones to tell which column of an older file is which
 * @param state whether it is a member, and if not, why
 * @param files the data files that hold its history, oldest first; empty for destinations that are
 *     no files
 */
public record CopiedTable(List<TableSchema> versions, TableState state, List<DataFile> files) {
  public CopiedTable {
    versions = List.copyOf(versions);
    files = List.copyOf(files);
    if (versions.isEmpty()) {
      throw new IllegalArgumentException("Cannot describe a copied table: it has no version.");
    }
  }

  /** The newest version of its form below the tidemark. */
  public TableSchema schema() {
    return versions.get(versions.size() - 1);
  }

  /** The version of a number. */
  public Optional<TableSchema> version(int number) {
    return versions.stream().filter(schema -> schema.version() == number).findFirst();
  }

  /**
   * A Parquet file of a table's changes.
   *
   * @param path an absolute local path, readable now
   * @param rows number of rows
   * @param schemaVersion version of the table's form under which it was written
   * @param extras names of columns beside those of the schema that this file has: {@code _old} (a
   *     struct with a field for each column of the schema), {@code <column>__raw}, {@code
   *     _partition}; and {@code _old.<column>__raw} where that struct has the text of an old value
   *     too
   * @param unchanged whether any row has an unchanged TOAST value
   */
  public record DataFile(
      String path, long rows, int schemaVersion, List<String> extras, boolean unchanged) {
    public DataFile {
      extras = List.copyOf(extras);
    }
  }
}
