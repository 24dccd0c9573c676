package io.tidemark.api.copy;

import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import java.util.List;

/**
 * A table of a copy at one tidemark.
 *
 * @param schema the newest version of its form below the tidemark
 * @param state whether it is a member, and if not, why
 * @param files the data files that hold its history, oldest first; empty for destinations that are
 *     no files
 */
public record CopiedTable(TableSchema schema, TableState state, List<DataFile> files) {
  public CopiedTable {
    files = List.copyOf(files);
  }

  /**
   * A Parquet file of a table's changes.
   *
   * @param path an absolute local path, readable now
   * @param rows number of rows
   * @param schemaVersion version of the table's form under which it was written
   * @param extras names of columns beside those of the schema that this file has: {@code _old},
   *     {@code <column>__raw}, {@code _partition}
   * @param unchanged whether any row has an unchanged TOAST value
   */
  public record DataFile(
      String path, long rows, int schemaVersion, List<String> extras, boolean unchanged) {
    public DataFile {
      extras = List.copyOf(extras);
    }
  }
}
