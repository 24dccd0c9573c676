package io.tidemark.postgres.verify;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.ByteOrder;
import io.tidemark.postgres.catalog.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A table as a session sees it.
 *
 * @param oid pg_class.oid
 * @param partitioned whether its rows are in partitions
 * @param names names of its columns by attribute number
 * @param collated columns whose texts are ordered by their bytes, see {@link ByteOrder}
 * @param reading the session
 * @param present another one that sees the present, where the session sees a snapshot
 */
record Relation(
    int oid,
    TableName name,
    boolean partitioned,
    Map<Integer, String> names,
    Set<String> collated,
    Connection reading,
    Optional<Connection> present) {
  private static final String TABLE =
      """
      SELECT n.nspname, c.relname, c.relkind = 'p'
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.oid = ?::bigint::oid AND c.relkind IN ('r', 'p')
      """;

  private static final String COLUMNS =
      """
      SELECT attnum, attname FROM pg_attribute
       WHERE attrelid = ?::bigint::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
      """;

  // Another file after a TRUNCATE or a rewrite, of the table and of each of its partitions.
  private static final String FILES =
      """
      SELECT string_agg(concat(oid, ':', relfilenode), ' ' ORDER BY oid) FROM pg_class
       WHERE oid = ?::bigint::oid
          OR oid IN (SELECT relid::oid FROM pg_partition_tree(?::bigint::regclass))
      """;

  private static final String LEAVES =
      """
      SELECT n.nspname, c.relname, pg_relation_size(c.oid) / current_setting('block_size')::int
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND (c.oid = ?::bigint::oid
          OR c.oid IN (SELECT relid::oid FROM pg_partition_tree(?::bigint::regclass) WHERE isleaf))
       ORDER BY n.nspname, c.relname
      """;

  static Optional<Relation> find(Connection reading, int oid, Optional<Connection> present)
      throws SQLException {
    try (PreparedStatement statement = reading.prepareStatement(TABLE)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        return Optional.of(
            new Relation(
                oid,
                new TableName(row.getString(1), row.getString(2)),
                row.getBoolean(3),
                names(reading, oid),
                ByteOrder.columns(reading, List.of(oid)),
                reading,
                present));
      }
    }
  }

  private static Map<Integer, String> names(Connection reading, int oid) throws SQLException {
    Map<Integer, String> names = new TreeMap<>();
    try (PreparedStatement statement = reading.prepareStatement(COLUMNS)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          names.put(row.getInt(1), row.getString(2));
        }
      }
    }
    return names;
  }

  /** What stands behind FROM for all of its rows, and none of tables that inherit from it. */
  String sql() {
    return partitioned ? Sql.name(name) : "ONLY " + Sql.name(name);
  }

  /** A part of it with its own pages. */
  record Leaf(String sql, long pages) {}

  /** What holds its rows. */
  List<Leaf> leaves() throws SQLException {
    List<Leaf> leaves = new java.util.ArrayList<>();
    try (PreparedStatement statement = reading.prepareStatement(LEAVES)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      statement.setLong(2, Integer.toUnsignedLong(oid));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          leaves.add(
              new Leaf(
                  Sql.name(new TableName(row.getString(1), row.getString(2))), row.getLong(3)));
        }
      }
    }
    return leaves;
  }

  /**
   * Keeps it from being truncated or rewritten, and makes sure that it was not since the snapshot:
   * a table that was shows no rows to a snapshot from before, and no error.
   */
  void guard(Statement statement) throws SQLException {
    if (present.isEmpty()) {
      return;
    }
    statement.execute("LOCK TABLE " + sql() + " IN ACCESS SHARE MODE");
    if (!files(reading).equals(files(present.get()))) {
      throw new TidemarkException(
          ErrorCode.QUERY,
          "Cannot read "
              + name
              + " as it was: it was truncated or rewritten in the meantime. Verify it again.");
    }
  }

  private String files(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FILES)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      statement.setLong(2, Integer.toUnsignedLong(oid));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return String.valueOf(row.getString(1));
      }
    }
  }
}
