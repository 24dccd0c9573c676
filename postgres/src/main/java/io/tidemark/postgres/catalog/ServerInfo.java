package io.tidemark.postgres.catalog;

import io.tidemark.api.model.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What a server says of itself.
 *
 * @param version major version
 * @param versionText the whole of {@code version()}
 * @param database name of the database
 * @param encoding its encoding
 * @param standby whether it is in recovery
 * @param walLevel setting wal_level
 */
public record ServerInfo(
    int version,
    String versionText,
    String database,
    String encoding,
    boolean standby,
    String walLevel) {

  /** Asks the server. */
  public static ServerInfo read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT current_setting('server_version_num')::int / 10000, version(),"
                    + " current_database(), (SELECT pg_encoding_to_char(encoding) FROM pg_database"
                    + " WHERE datname = current_database()), pg_is_in_recovery(),"
                    + " current_setting('wal_level')")) {
      row.next();
      return new ServerInfo(
          row.getInt(1),
          row.getString(2),
          row.getString(3),
          row.getString(4),
          row.getBoolean(5),
          row.getString(6));
    }
  }

  /** End of the log: the write position, or on a standby what was replayed. */
  public static Lsn walEnd(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
                    + " ELSE pg_current_wal_insert_lsn() END::text")) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }
}
