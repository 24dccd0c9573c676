package io.tidemark.postgres.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which columns have texts that the server orders by their bytes. */
public final class ByteOrder {
  // The provider of a database's collation came with PostgreSQL 15; before, it was always libc.
  private static final String BY_BYTES =
      """
      SELECT a.attrelid::bigint, a.attnum
        FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation,
             (SELECT datcollate, coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') AS provider,
                     pg_encoding_to_char(encoding) AS encoding
                FROM pg_database d WHERE datname = current_database()) AS db
       WHERE a.attrelid::bigint = ANY (?) AND a.attnum > 0 AND db.encoding = 'UTF8'
         AND (c.collname IN ('C', 'POSIX')
              OR c.collname = 'default' AND db.provider = 'c' AND db.datcollate IN ('C', 'POSIX'))
      """;

  private ByteOrder() {}

  /** The columns of some relations, as {@code oid.attnum}. */
  public static Set<String> columns(Connection connection, List<Integer> oids) throws SQLException {
    Set<String> found = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(BY_BYTES)) {
      statement.setArray(
          1,
          connection.createArrayOf(
              "bigint", oids.stream().map(Integer::toUnsignedLong).toArray(Object[]::new)));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add((int) row.getLong(1) + "." + row.getInt(2));
        }
      }
    }
    return found;
  }
}
