package io.tidemark.duckdb.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Refuses tables that DuckDB cannot hold beside the others. Case makes no difference to it. */
final class FormCheck {
  private static final Set<String> OWN_SCHEMAS =
      Set.of(CopyFile.OWN_SCHEMA, "information_schema", "pg_catalog");

  private final Map<String, TableName> tables = new HashMap<>();

  /** Takes a table's name for it. */
  void check(TableSchema schema) throws SinkException.Rejected {
    TableName name = schema.name();
    if (OWN_SCHEMAS.contains(lower(name.schema()))) {
      throw rejected(schema, "schema " + name.schema() + " is used by the file itself");
    }
    TableName other = tables.getOrDefault(lower(name.toString()), name);
    if (!other.equals(name)) {
      throw rejected(schema, "DuckDB cannot tell its name from that of " + other);
    }
    checkColumns(schema);
    // last, because a table that is refused keeps no name from another
    tables.put(lower(name.toString()), name);
  }

  private static void checkColumns(TableSchema schema) throws SinkException.Rejected {
    if (schema.columns().isEmpty()) {
      throw rejected(schema, "it has no column");
    }
    Set<String> names = new HashSet<>();
    if (schema.partitioned()) {
      names.add(TargetForm.LEAF);
    }
    for (Column column : schema.columns()) {
      if (!names.add(lower(column.name()))) {
        throw rejected(schema, "DuckDB cannot tell its column " + column.name() + " from another");
      }
      if (lower(column.name()).startsWith(Evolution.PASSING)) {
        throw rejected(schema, "the name of its column " + column.name() + " is reserved");
      }
      if (hasEmptyStruct(column.type())) {
        throw rejected(
            schema, "its column " + column.name() + " is a composite without attributes");
      }
    }
    for (Column column : schema.columns()) {
      if (!names.add(lower(column.name()) + TargetForm.RAW)) {
        throw rejected(
            schema,
            "the name of its column "
                + column.name()
                + TargetForm.RAW
                + " is reserved for values of "
                + column.name());
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
        "Cannot hold table "
            + schema.name()
            + " in DuckDB: "
            + reason
            + ". Rename it or leave it out by a transform.",
        null);
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
