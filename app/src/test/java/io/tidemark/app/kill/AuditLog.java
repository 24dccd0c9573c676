package io.tidemark.app.kill;

import io.tidemark.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The source's own record of every row change, kept by triggers in the transaction that made the
 * change: the truth that the copy's history is held against. It knows nothing of the log that the
 * capture reads.
 */
final class AuditLog {
  private AuditLog() {}

  static void create(Connection db, List<String> tables) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute("CREATE SCHEMA audit");
      statement.execute("CREATE TABLE audit.changes (xid bigint, tbl text, op text)");
      statement.execute(
          """
          CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            INSERT INTO audit.changes VALUES (pg_current_xact_id()::text::bigint, TG_ARGV[0],
              CASE TG_OP WHEN 'INSERT' THEN 'c' WHEN 'UPDATE' THEN 'u' WHEN 'DELETE' THEN 'd' ELSE 't' END);
            RETURN NULL;
          END $$""");
      for (String table : tables) {
        statement.execute(
            "CREATE TRIGGER audit_rows AFTER INSERT OR UPDATE OR DELETE ON %1$s FOR EACH ROW EXECUTE FUNCTION audit.note('%1$s')"
                .formatted(table));
      }
    }
  }

  /** Forgets what was written down; nothing may be at work. */
  static void clear(EmbeddedPostgres server) throws SQLException {
    server.execute("TRUNCATE audit.changes");
  }

  /** The tables there are now; a partition is no table of its own. */
  static List<String> tables(EmbeddedPostgres server) throws SQLException {
    return List.of(
        one(
                server,
                "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
                    + " WHERE relkind IN ('r', 'p') AND NOT relispartition"
                    + " AND relnamespace = 'public'::regnamespace")
            .split(" "));
  }

  /** The one value that a query answers. */
  static String one(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection db = server.connect();
        Statement statement = db.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /**
   * Number of changes for each transaction, table and operation, of transactions from {@code
   * fromXid} on.
   */
  static Map<String, Long> counts(Connection db, long fromXid) throws SQLException {
    Map<String, Long> counts = new TreeMap<>();
    try (Statement statement = db.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT xid, tbl, op, count(*) FROM audit.changes WHERE xid >= "
                    + fromXid
                    + " GROUP BY 1, 2, 3")) {
      while (rows.next()) {
        counts.put(
            rows.getLong(1) + " " + rows.getString(2) + " " + rows.getString(3), rows.getLong(4));
      }
    }
    return counts;
  }
}
