package io.tidemark.postgres.connect;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts an endpoint together: an option before the URL's part, before libpq's variable. */
final class EndpointParts {
  private static final List<String> SSL_MODES =
      List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  private final Map<String, String> url;
  private final Map<String, String> environment;
  private final String where;
  private final List<String> problems;

  /**
   * Begins with a URL.
   *
   * @param url as libpq takes it; empty for none
   * @param environment variables that fill what neither option nor URL names
   * @param where what is configured, {@code source} for instance; problems begin with it
   * @param problems takes every problem found
   */
  EndpointParts(String url, Map<String, String> environment, String where, List<String> problems) {
    this.environment = environment;
    this.where = where;
    this.problems = problems;
    Map<String, String> parts = Map.of();
    try {
      parts = url.isEmpty() ? parts : PostgresUrl.parse(url);
    } catch (IllegalArgumentException e) {
      problems.add(where + ".url: cannot read it, expected " + e.getMessage() + ".");
    }
    this.url = parts;
  }

  /** A part of the URL, else a variable. */
  Optional<String> named(String part, String variable) {
    return Optional.ofNullable(url.get(part))
        .or(() -> Optional.ofNullable(environment.get(variable)).filter(text -> !text.isEmpty()));
  }

  /** The mode that is given, else named, else {@code prefer}. */
  String sslMode(Optional<String> given) {
    String mode = given.or(() -> named("sslmode", "PGSSLMODE")).orElse("prefer");
    if (!SSL_MODES.contains(mode)) {
      problems.add(
          where
              + ".sslmode: cannot read '"
              + mode
              + "', expected one of "
              + String.join(", ", SSL_MODES)
              + ".");
    }
    return mode;
  }

  /** The endpoint; what was not given comes from the URL, else from a variable. */
  Endpoint endpoint(
      Optional<String> host,
      Optional<Long> port,
      Optional<String> database,
      Optional<String> user,
      Optional<String> password,
      Optional<Path> passwordFile,
      Endpoint.Tls tls,
      Duration connectTimeout) {
    String role =
        user.or(() -> named("user", "PGUSER")).orElseGet(() -> System.getProperty("user.name"));
    return new Endpoint(
        host.or(() -> named("host", "PGHOST"))
            // libpq takes a path as the folder of a socket, which the driver cannot open
            .filter(name -> !name.startsWith("/"))
            .orElse("localhost"),
        port(port),
        database.or(() -> named("database", "PGDATABASE")).orElse(role),
        role,
        password.or(() -> named("password", "PGPASSWORD")),
        passwordFile,
        tls,
        connectTimeout);
  }

  private int port(Optional<Long> given) {
    String text = given.map(String::valueOf).or(() -> named("port", "PGPORT")).orElse("5432");
    if (text.matches("[0-9]{1,5}")
        && Integer.parseInt(text) >= 1
        && Integer.parseInt(text) <= 65535) {
      return Integer.parseInt(text);
    }
    problems.add(where + ".port: cannot use '" + text + "', expected 1 to 65535.");
    return 5432;
  }
}
