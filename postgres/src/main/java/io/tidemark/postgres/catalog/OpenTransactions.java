package io.tidemark.postgres.catalog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Who keeps a transaction open for which others have to wait. */
public final class OpenTransactions {
  private static final String OLDEST =
      """
      SELECT format('%s has had one open for %s s.', who, extract(epoch FROM now() - since)::bigint)
        FROM (SELECT format('process %s (role %L, application %L, waiting for %s)', pid,
                            usename, application_name, coalesce(wait_event, 'nothing')) AS who,
                     xact_start AS since
                FROM pg_stat_activity
               WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
               UNION ALL
              SELECT format('prepared transaction %L', gid), prepared
                FROM pg_prepared_xacts) AS open
       ORDER BY since LIMIT 1
      """;

  private OpenTransactions() {}

  /** The oldest transaction that writes, with its age, in words for the user. */
  public static String oldest(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(OLDEST)) {
      return row.next() ? row.getString(1) : "the server does not tell this role which.";
    }
  }
}
