package io.tidemark.postgres.sink;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.type.PinnedSettings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server whose one database is emptied for each copy. */
final class SinkServer implements AfterAllCallback {
  private final Version version;
  private EmbeddedPostgres server;
  private Connection reader;

  SinkServer(Version version) {
    this.version = version;
  }

  EmbeddedPostgres server() {
    if (server == null) {
      server = EmbeddedPostgres.start(version);
    }
    return server;
  }

  /** A session of a plain client, one for all copies. */
  Connection reader() throws SQLException {
    if (reader == null) {
      reader = server().connect();
      try (Statement statement = reader.createStatement()) {
        for (String setting : PinnedSettings.statements()) {
          statement.execute(setting);
        }
        statement.execute("SET client_min_messages = error");
      }
    }
    return reader;
  }

  PostgresSinkConfig config() {
    return PostgresSinkConfig.of(server().uri("postgres"), "test");
  }

  /** A copy in an empty database. */
  PostgresFixture empty() throws SQLException {
    return empty(config());
  }

  PostgresFixture empty(PostgresSinkConfig config) throws SQLException {
    try (Statement statement = reader().createStatement()) {
      List<String> schemas = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <>"
                  + " 'information_schema'")) {
        while (rows.next()) {
          schemas.add(rows.getString(1));
        }
      }
      statement.execute("DROP SCHEMA " + String.join(", ", schemas) + " CASCADE");
      statement.execute("CREATE SCHEMA public");
    }
    return new PostgresFixture(this, config);
  }

  /** Lets the sink opened last read a table of its stage, and not change it. */
  void lockStage(Connection other, int number) throws SQLException {
    other.setAutoCommit(false);
    try (Statement statement = other.createStatement();
        ResultSet newest =
            statement.executeQuery(
                "SELECT oid::regclass FROM pg_class WHERE relpersistence = 't' AND relname = 'stage_"
                    + number
                    + "' ORDER BY oid DESC LIMIT 1")) {
      newest.next();
      String stage = newest.getString(1);
      statement.execute("LOCK TABLE " + stage + " IN SHARE MODE");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    if (server != null) {
      server.close();
    }
  }
}
