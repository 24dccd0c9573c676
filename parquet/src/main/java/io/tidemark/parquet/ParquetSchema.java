package io.tidemark.parquet;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.parquet.file.MetaColumns;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** What a table must be like to be held in Parquet files. */
final class ParquetSchema {
  private ParquetSchema() {}

  /** Refuses a table that readers could not tell apart from the files' own columns. */
  static void check(TableSchema schema) throws SinkException.Rejected {
    Set<String> names = new HashSet<>();
    for (Column column : schema.columns()) {
      if (MetaColumns.isReserved(column.name())) {
        throw rejected(schema, "column " + column.name() + " has a name that the files use");
      }
      if (!names.add(column.name().toLowerCase(Locale.ROOT))) {
        throw rejected(
            schema, "column " + column.name() + " differs from another one by its case only");
      }
      if (hasEmptyStruct(column.type())) {
        throw rejected(schema, "column " + column.name() + " is of a composite without attributes");
      }
    }
  }

  private static boolean hasEmptyStruct(DataType type) {
    if (type instanceof DataType.Struct struct) {
      return struct.fields().isEmpty()
          || struct.fields().stream().anyMatch(field -> hasEmptyStruct(field.type()));
    }
    return type instanceof DataType.ListOf list && hasEmptyStruct(list.element());
  }

  private static SinkException.Rejected rejected(TableSchema schema, String reason) {
    return new SinkException.Rejected(
        schema.name(),
        "Cannot write table "
            + schema.name()
            + " to Parquet: "
            + reason
            + ". Rename or leave out the column by a transform.",
        null);
  }
}
