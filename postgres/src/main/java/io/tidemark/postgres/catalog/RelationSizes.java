package io.tidemark.postgres.catalog;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Sizes of relations. The server's functions wait for whoever has locked a relation, for as long as
 * its owner's command runs; so they are not asked of one that is locked.
 */
public final class RelationSizes {
  private static final String LOCKED =
      """
      EXISTS (SELECT FROM pg_locks l
               WHERE l.locktype = 'relation' AND l.relation = c.oid
                 AND l.mode = 'AccessExclusiveLock'
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
      """;

  private static final String BLOCK = "current_setting('block_size')::bigint";

  private static final String PAGES =
      "SELECT c.oid::bigint, CASE WHEN "
          + LOCKED
          + " THEN c.relpages ELSE coalesce(pg_relation_size(c.oid), 0) / "
          + BLOCK
          + " END FROM pg_class c WHERE c.oid = ANY (?::bigint[]::oid[])";

  private static final String BYTES =
      "SELECT c.oid::bigint, CASE WHEN "
          + LOCKED
          + " THEN (c.relpages + coalesce(t.relpages, 0)) * "
          + BLOCK
          + " ELSE coalesce(pg_table_size(c.oid), 0) END FROM pg_class c"
          + " LEFT JOIN pg_class t ON t.oid = c.reltoastrelid"
          + " WHERE c.oid = ANY (?::bigint[]::oid[])";

  private static final String EMPTY =
      "SELECT CASE WHEN "
          + LOCKED
          + " THEN -1 ELSE coalesce(pg_relation_size(c.oid), 1) END FROM pg_class c"
          + " WHERE c.oid = ?::bigint::oid";

  private RelationSizes() {}

  /** Pages of relations, by oid; of a locked one the planner's number. */
  public static Map<Integer, Long> pages(Connection connection, Collection<Integer> oids)
      throws SQLException {
    return numbers(connection, PAGES, oids);
  }

  /** Bytes of relations with their large values, by oid; of a locked one by the planner. */
  public static Map<Integer, Long> bytes(Connection connection, Collection<Integer> oids)
      throws SQLException {
    return numbers(connection, BYTES, oids);
  }

  /**
   * Whether a relation has no page, so that no transaction has ever put a row into it.
   *
   * @return empty where it is locked, so that it cannot be told now
   */
  public static Optional<Boolean> isEmpty(Connection connection, int oid) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(EMPTY)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      try (ResultSet row = statement.executeQuery()) {
        long bytes = row.next() ? row.getLong(1) : 1;
        return bytes < 0 ? Optional.empty() : Optional.of(bytes == 0);
      }
    }
  }

  private static Map<Integer, Long> numbers(
      Connection connection, String sql, Collection<Integer> oids) throws SQLException {
    Map<Integer, Long> numbers = new HashMap<>();
    Array wanted =
        connection.createArrayOf(
            "bigint", oids.stream().map(Integer::toUnsignedLong).toArray(Object[]::new));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, wanted);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          numbers.put((int) row.getLong(1), row.getLong(2));
        }
      }
    }
    return numbers;
  }
}
