package io.tidemark.duckdb.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Refuses tables that DuckDB cannot hold beside the others. Case makes no difference to it. */
final class FormCheck {
  private static final Set<String> OWN_SCHEMAS =
      Set.of(CopyFile.OWN_SCHEMA, "information_schema", "pg_catalog");

  /** Columns that tables of changes have beside the table's own. */
  private static final Set<String> OF_CHANGES =
      Set.of("_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged", "_old", TargetForm.LEAF);

  private final Keep keep;
  private final Map<String, TableName> tables = new HashMap<>();

  FormCheck(Keep keep) {
    this.keep = keep;
  }

  /** Takes a table's name for it. */
  void check(TableSchema schema) throws SinkException.Rejected {
    TableName name = schema.name();
    if (OWN_SCHEMAS.contains(lower(name.schema()))) {
      throw rejected(schema, "schema " + name.schema() + " is used by the file itself");
    }
    for (String used : names(name)) {
      TableName other = tables.getOrDefault(used, name);
      if (!other.equals(name)) {
        throw rejected(schema, "DuckDB cannot tell its name from that of " + other);
      }
    }
    checkColumns(schema);
    if (keep.changes()) {
      checkForChanges(schema);
    }
    // last, because a table that is refused keeps no name from another
    names(name).forEach(used -> tables.put(used, name));
  }

  /** The names that a table takes in the file. */
  private List<String> names(TableName name) {
    String own = lower(name.toString());
    return keep.changes() ? List.of(own, own + History.CHANGES) : List.of(own);
  }

  private static void checkForChanges(TableSchema schema) throws SinkException.Rejected {
    for (Column column : schema.columns()) {
      String lower = lower(column.name());
      if (OF_CHANGES.contains(lower)
          || lower.startsWith("_old.")
          || lower.endsWith(TargetForm.RAW)) {
        throw rejected(
            schema, "the name of its column " + column.name() + " is one that changes have");
      }
    }
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
