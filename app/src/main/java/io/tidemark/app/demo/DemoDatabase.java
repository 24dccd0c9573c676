package io.tidemark.app.demo;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** The embedded PostgreSQL of a demo, with its database. */
final class DemoDatabase implements AutoCloseable {
  private static final String DATABASE = "bank";
  private static final String COPY = "bank_copy";
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final EmbeddedPostgres server;

  private DemoDatabase(EmbeddedPostgres server) {
    this.server = server;
  }

  /** Starts it on a folder; what is there already is kept. */
  static DemoDatabase start(Path folder) {
    EmbeddedPostgres server =
        EmbeddedPostgres.of(Version.V18)
            .in(folder)
            .setting("shared_buffers", "128MB")
            // a copy that nobody runs any more must not fill the disk of a demo
            .setting("max_slot_wal_keep_size", "4GB")
            .stoppedByCaller()
            .start();
    try (Connection connection = server.connect();
        PreparedStatement query =
            connection.prepareStatement("SELECT FROM pg_database WHERE datname = ?")) {
      for (String database : List.of(DATABASE, COPY)) {
        query.setString(1, database);
        try (ResultSet found = query.executeQuery()) {
          if (!found.next()) {
            server.createDatabase(database);
          }
        }
      }
    } catch (SQLException e) {
      server.close();
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          "Cannot make the database of the demo: " + e.getMessage() + ".",
          e);
    }
    return new DemoDatabase(server);
  }

  /** Its address, user and password included. */
  String url() {
    return server.uri(DATABASE);
  }

  /** The address of the database for a copy, user and password included. */
  String copyUrl() {
    return server.uri(COPY);
  }

  /** Within the time that is left of the 10 s in which a stop is promised. */
  @Override
  public void close() {
    server.stop(PATIENCE);
    server.close();
  }
}
