package io.tidemark.postgres;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * Servers that all test classes of one JVM use, each in databases of its own: started when first
 * asked for, stopped with the JVM. Who restarts a server, or changes its settings, starts another.
 */
final class SharedServers {
  private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();
  private static final Map<Version, EmbeddedPostgres> RUNNING = new EnumMap<>(Version.class);

  private SharedServers() {}

  static synchronized EmbeddedPostgres of(Version version) {
    return RUNNING.computeIfAbsent(
        version, v -> EmbeddedPostgres.of(v).setting("max_prepared_transactions", "8").start());
  }

  /** Takes the database, and with it the slot, from a server that others go on using. */
  static void leave(EmbeddedPostgres others, String database) throws SQLException {
    String readers = " FROM pg_replication_slots WHERE active AND database = '" + database + "'";
    try (Connection connection = others.connect();
        Statement statement = connection.createStatement()) {
      long deadline = System.nanoTime() + LIMIT_NANOS;
      boolean read = true;
      while (read && System.nanoTime() - deadline < 0) {
        statement.execute("SELECT pg_terminate_backend(active_pid)" + readers);
        try (ResultSet row = statement.executeQuery("SELECT count(*)" + readers)) {
          row.next();
          read = row.getInt(1) > 0;
        }
      }
      statement.execute("DROP DATABASE \"" + database + "\" WITH (FORCE)");
    }
  }
}
