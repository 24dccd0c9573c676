package io.tidemark.postgres.catalog;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads tables and columns with plain SQL, so that a reader inside a transaction with an imported
 * snapshot sees the forms as of that snapshot. (The server's own functions, such as
 * pg_relation_filenode, would show the present.)
 */
public final class CatalogReader {
  private static final String TABLES =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::bigint ELSE c.oid::bigint END,
             c.relkind = 'p', c.relpersistence = 'u', c.relreplident,
             c.relrowsecurity AND NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles
                                       WHERE rolname = current_user)
               AND (c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE')),
             has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT'),
             c.relfilenode::bigint, c.reltuples::bigint, c.relpages::bigint,
             ident.cols, pk.cols, pk.usable, c.relnatts
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN LATERAL (
          SELECT (i.indkey::int2[])[0:i.indnkeyatts - 1] AS cols FROM pg_index i
           WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid LIMIT 1) ident ON true
        LEFT JOIN LATERAL (
          SELECT (i.indkey::int2[])[0:i.indnkeyatts - 1] AS cols,
                 i.indisvalid AND i.indimmediate AS usable FROM pg_index i
           WHERE i.indrelid = c.oid AND i.indisprimary LIMIT 1) pk ON true
       WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND c.oid >= 16384
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       ORDER BY n.nspname, c.relname
      """;

  // A missing value is stored as an array of one element; text[] reads that element's text.
  private static final String COLUMNS =
      """
      SELECT a.attrelid::bigint, a.attnum, a.attname, a.atttypid::bigint, a.atttypmod,
             format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated::text,
             CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END, a.xmin::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND c.oid >= 16384
         AND (?::bigint[] IS NULL OR a.attrelid::bigint = ANY (?::bigint[]))
       ORDER BY a.attrelid, a.attnum
      """;

  private static final String PRINT =
      """
      SELECT concat_ws(' ', c.relfilenode, c.relkind, c.relpersistence, (
               SELECT string_agg(concat_ws(':', a.attnum, a.attname, a.atttypid, a.atttypmod), ' '
                                 ORDER BY a.attnum)
                 FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
        FROM pg_class c WHERE c.oid = ?::bigint::oid
      """;

  // The columns with their stamps: a change of a definition that rewrites values shows there.
  private static final String DEFINITION =
      """
      SELECT concat_ws(' ', c.relkind, c.relpersistence, (
               SELECT string_agg(concat_ws(':', a.attnum, a.attname, a.atttypid, a.atttypmod,
                                           a.xmin), ' ' ORDER BY a.attnum)
                 FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
        FROM pg_class c WHERE c.oid = ?::bigint::oid
      """;

  private CatalogReader() {}

  /** All tables that a filter selects, as the connection's snapshot shows them. */
  public static Catalog read(Connection connection, TableFilter filter) throws SQLException {
    List<CatalogTable> tables = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(TABLES);
        ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        tables.add(table(rows));
      }
    }
    Catalog bare = new Catalog(tables, filter);
    Map<Integer, List<CatalogColumn>> columns = columns(connection, selected(bare, tables));
    return new Catalog(
        tables.stream().map(table -> with(table, columns.get(table.oid()))).toList(), filter);
  }

  private static List<Integer> selected(Catalog bare, List<CatalogTable> tables) {
    return tables.stream()
        .map(CatalogTable::oid)
        .filter(oid -> bare.relation(oid).isPresent())
        .toList();
  }

  /**
   * A text that changes with everything a running COPY of the relation depends on: its file, its
   * columns' numbers, names and types.
   *
   * @return empty where the relation is gone
   */
  public static Optional<String> print(Connection connection, int oid) throws SQLException {
    return text(connection, PRINT, oid);
  }

  /**
   * A text that changes with every definition of the relation's columns, but not where the same
   * rows get another file.
   *
   * @return empty where the relation is gone
   */
  public static Optional<String> definition(Connection connection, int oid) throws SQLException {
    return text(connection, DEFINITION, oid);
  }

  private static Optional<String> text(Connection connection, String sql, int oid)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
      }
    }
  }

  private static CatalogTable with(CatalogTable table, List<CatalogColumn> columns) {
    return new CatalogTable(
        table.oid(),
        table.name(),
        table.root(),
        table.partitioned(),
        table.unlogged(),
        table.identity(),
        table.identityUsable(),
        table.rowSecurity(),
        table.readable(),
        table.fileNode(),
        table.rows(),
        table.pages(),
        table.attributes(),
        columns == null ? List.of() : columns,
        table.key());
  }

  private static CatalogTable table(ResultSet row) throws SQLException {
    ReplicaIdentity identity =
        switch (row.getString(7)) {
          case "i" -> ReplicaIdentity.INDEX;
          case "f" -> ReplicaIdentity.FULL;
          case "n" -> ReplicaIdentity.NOTHING;
          default -> ReplicaIdentity.DEFAULT;
        };
    List<Integer> index = numbers(row.getArray(13));
    List<Integer> primary = numbers(row.getArray(14));
    boolean usable =
        switch (identity) {
          case FULL -> true;
          case INDEX -> !index.isEmpty();
          // a deferrable primary key identifies no rows in the log
          case DEFAULT -> !primary.isEmpty() && row.getBoolean(15);
          case NOTHING -> false;
        };
    return new CatalogTable(
        (int) row.getLong(1),
        new TableName(row.getString(2), row.getString(3)),
        (int) row.getLong(4),
        row.getBoolean(5),
        row.getBoolean(6),
        identity,
        usable,
        row.getBoolean(8),
        row.getBoolean(9),
        row.getLong(10),
        row.getLong(11),
        row.getLong(12),
        row.getInt(16),
        List.of(),
        identity == ReplicaIdentity.INDEX && !index.isEmpty() ? index : primary);
  }

  private static List<Integer> numbers(Array array) throws SQLException {
    if (array == null) {
      return List.of();
    }
    return Arrays.stream((Object[]) array.getArray()).map(n -> ((Number) n).intValue()).toList();
  }

  private static Map<Integer, List<CatalogColumn>> columns(
      Connection connection, Collection<Integer> oids) throws SQLException {
    Map<Integer, List<CatalogColumn>> columns = new HashMap<>();
    Array wanted =
        connection.createArrayOf(
            "bigint", oids.stream().map(Integer::toUnsignedLong).toArray(Object[]::new));
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setArray(1, wanted);
      statement.setArray(2, wanted);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          columns.computeIfAbsent((int) row.getLong(1), oid -> new ArrayList<>()).add(column(row));
        }
      }
    }
    return columns;
  }

  private static CatalogColumn column(ResultSet row) throws SQLException {
    return new CatalogColumn(
        row.getInt(2),
        row.getString(3),
        (int) row.getLong(4),
        row.getInt(5),
        row.getString(6),
        row.getBoolean(7),
        row.getString(8).strip(),
        Optional.ofNullable(row.getString(9)),
        row.getString(10));
  }
}
