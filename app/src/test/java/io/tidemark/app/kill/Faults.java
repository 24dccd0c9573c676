package io.tidemark.app.kill;

import io.tidemark.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;

/** What goes wrong around a pipeline beside its own death. One fault at a time, in turn. */
final class Faults {
  private static final List<String> DDL =
      List.of(
          "ALTER TABLE documents ADD COLUMN pages int DEFAULT 42",
          "ALTER TABLE documents RENAME COLUMN views TO seen",
          "ALTER TABLE sightings ADD COLUMN place text",
          "ALTER TABLE documents DROP COLUMN pages",
          "ALTER TABLE documents RENAME COLUMN seen TO views",
          "ALTER TABLE scratch ALTER COLUMN word TYPE varchar(200)",
          "ALTER TABLE documents ALTER COLUMN views TYPE bigint",
          "ALTER TABLE sightings DROP COLUMN place");

  private final EmbeddedPostgres server;
  private final Random random;
  private int turn;
  private int ddl;

  Faults(EmbeddedPostgres server, Random random) {
    this.server = server;
    this.random = random;
  }

  /** Does the next fault and tells which it was. */
  String next() throws SQLException {
    switch (turn++ % 6) {
      case 0:
        return run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'walsender'");
      case 1:
        return run(DDL.get(ddl++ % DDL.size()));
      case 2:
        return run("VACUUM FULL documents");
      case 3:
        server.restart();
        return "restart of the server";
      case 4:
        return run(DDL.get(ddl++ % DDL.size()));
      default:
        return run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tidemark%' AND pid % 2 = "
                + random.nextInt(2));
    }
  }

  private String run(String sql) throws SQLException {
    try (Connection db = server.connect();
        Statement statement = db.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      if (!"40P01".equals(e.getSQLState())) {
        throw e;
      }
    }
    return sql;
  }
}
