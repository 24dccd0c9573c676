package io.tidemark.app.command;

import io.tidemark.api.config.Settings;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.connect.Connector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Databases that a user names on the command line. */
final class Databases {
  private Databases() {}

  /**
   * A database by its URL.
   *
   * @param url as libpq takes it; empty for what the PG* variables say
   */
  static Connector at(String url, Map<String, String> environment) {
    List<String> problems = new ArrayList<>();
    Map<String, Object> nodes = url.isEmpty() ? Map.of() : Map.of("url", url);
    Settings settings = Settings.read(PostgresConfig.SPEC, nodes, "--source", problems);
    PostgresConfig config = PostgresConfig.from(settings, environment, problems);
    if (!problems.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot use --source: " + String.join(" ", problems));
    }
    return new Connector(config.endpoint(), environment);
  }
}
