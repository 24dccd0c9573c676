package io.tidemark.postgres;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.util.EnumMap;
import java.util.Map;

/**
 * Servers that all test classes of one JVM use, each in databases of its own: started when first
 * asked for, stopped with the JVM. Who restarts a server, or changes its settings, starts another.
 */
final class SharedServers {
  private static final Map<Version, EmbeddedPostgres> RUNNING = new EnumMap<>(Version.class);

  private SharedServers() {}

  static synchronized EmbeddedPostgres of(Version version) {
    return RUNNING.computeIfAbsent(
        version, v -> EmbeddedPostgres.of(v).setting("max_prepared_transactions", "8").start());
  }
}
