package io.tidemark.duckdb;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Every version of every table's form, in a table of a DuckDB file: one row for each column, so
 * that a reader of the file needs nothing else to understand it.
 */
public final class StoredForms {
  private StoredForms() {}

  /** Makes the table, where it is missing. */
  public static String create(String table) {
    return "CREATE TABLE IF NOT EXISTS "
        + table
        + " (schema_name VARCHAR, table_name VARCHAR, version INTEGER, relation INTEGER,"
        + " identity VARCHAR, partitioned BOOLEAN, attnum INTEGER, name VARCHAR, type VARCHAR,"
        + " pg_type VARCHAR, pg_oid INTEGER, pg_typmod INTEGER, not_null BOOLEAN, generated"
        + " BOOLEAN, backfill VARCHAR, key_place INTEGER)";
  }

  /** Puts a version of a form in, in the place of one of the same number. */
  public static List<String> save(String table, TableSchema form) {
    String whose =
        SqlText.value(form.name().schema())
            + ", "
            + SqlText.value(form.name().table())
            + ", "
            + form.version();
    String rows =
        form.columns().stream()
            .map(column -> "(" + whose + ", " + row(form, column) + ")")
            .collect(Collectors.joining(", "));
    return List.of(
        "DELETE FROM " + table + " WHERE (schema_name, table_name, version) = (" + whose + ")",
        "INSERT INTO " + table + " VALUES " + rows);
  }

  private static String row(TableSchema form, Column column) {
    int place = form.key().indexOf(column.attnum());
    return String.join(
        ", ",
        Integer.toString(form.relationOid()),
        SqlText.value(form.identity().name()),
        Boolean.toString(form.partitioned()),
        Integer.toString(column.attnum()),
        SqlText.value(column.name()),
        SqlText.value(ColumnTypes.name(column.type())),
        SqlText.value(column.pgType()),
        Integer.toString(column.typeOid()),
        Integer.toString(column.typmod()),
        Boolean.toString(column.notNull()),
        Boolean.toString(column.generated()),
        column.backfill().map(SqlText::value).orElse("NULL"),
        place < 0 ? "NULL" : Integer.toString(place));
  }

  /** All versions by table, newest last. */
  public static SortedMap<TableName, List<TableSchema>> read(Connection from, String table)
      throws SQLException {
    SortedMap<TableName, List<TableSchema>> forms = new TreeMap<>();
    try (Statement statement = from.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT * FROM " + table + " ORDER BY schema_name, table_name, version, attnum")) {
      boolean more = rows.next();
      while (more) {
        TableName name = name(rows);
        int version = rows.getInt(3);
        int relation = rows.getInt(4);
        ReplicaIdentity identity = ReplicaIdentity.valueOf(rows.getString(5));
        boolean partitioned = rows.getBoolean(6);
        List<Column> columns = new ArrayList<>();
        SortedMap<Integer, Integer> key = new TreeMap<>();
        do {
          columns.add(column(rows));
          int place = rows.getInt(16);
          if (!rows.wasNull()) {
            key.put(place, rows.getInt(7));
          }
          more = rows.next();
        } while (more && rows.getInt(3) == version && name.equals(name(rows)));
        forms
            .computeIfAbsent(name, any -> new ArrayList<>())
            .add(
                new TableSchema(
                    name,
                    relation,
                    version,
                    columns,
                    List.copyOf(key.values()),
                    identity,
                    partitioned));
      }
    }
    return forms;
  }

  private static TableName name(ResultSet row) throws SQLException {
    return new TableName(row.getString(1), row.getString(2));
  }

  private static Column column(ResultSet row) throws SQLException {
    return new Column(
        row.getInt(7),
        row.getString(8),
        ColumnTypes.parse(row.getString(9)),
        row.getString(10),
        row.getInt(11),
        row.getInt(12),
        row.getBoolean(13),
        row.getBoolean(14),
        Optional.ofNullable(row.getString(15)));
  }
}
