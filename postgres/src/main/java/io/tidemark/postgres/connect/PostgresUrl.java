package io.tidemark.postgres.connect;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads libpq's connection URI (PostgreSQL manual, "Connection URIs") with one host: {@code
 * postgres://user:password@host:port/database?sslmode=require}.
 */
public final class PostgresUrl {
  private PostgresUrl() {}

  /**
   * The parts that the URI names: {@code host}, {@code port}, {@code user}, {@code password},
   * {@code database}, and every parameter under its own name.
   *
   * @throws IllegalArgumentException with the words that follow "expected "; never with the URI
   *     itself, which may hold a password
   */
  public static Map<String, String> parse(String uri) {
    int scheme = uri.indexOf("://");
    if (scheme < 0 || !(uri.startsWith("postgres://") || uri.startsWith("postgresql://"))) {
      throw new IllegalArgumentException("a URL such as postgres://user@host:5432/database");
    }
    Map<String, String> parts = new TreeMap<>();
    String rest = uri.substring(scheme + 3);
    int question = rest.indexOf('?');
    if (question >= 0) {
      parameters(rest.substring(question + 1), parts);
      rest = rest.substring(0, question);
    }
    int slash = rest.indexOf('/');
    if (slash >= 0) {
      put(parts, "database", rest.substring(slash + 1));
      rest = rest.substring(0, slash);
    }
    int at = rest.lastIndexOf('@');
    if (at >= 0) {
      String login = rest.substring(0, at);
      int colon = login.indexOf(':');
      put(parts, "user", colon < 0 ? login : login.substring(0, colon));
      if (colon >= 0) {
        put(parts, "password", login.substring(colon + 1));
      }
      rest = rest.substring(at + 1);
    }
    hostAndPort(rest, parts);
    return parts;
  }

  private static void hostAndPort(String text, Map<String, String> parts) {
    if (text.contains(",")) {
      throw new IllegalArgumentException("a URL with one host");
    }
    int bracket = text.lastIndexOf(']');
    int colon = text.indexOf(':', bracket + 1);
    put(parts, "host", (colon < 0 ? text : text.substring(0, colon)).replaceAll("[\\[\\]]", ""));
    if (colon >= 0) {
      put(parts, "port", text.substring(colon + 1));
    }
  }

  private static void parameters(String query, Map<String, String> parts) {
    for (String pair : query.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        String name = pair.substring(0, equals);
        put(parts, name.equals("dbname") ? "database" : name, pair.substring(equals + 1));
      }
    }
  }

  /** Writes the parts that {@link #parse} gives as a URL again. */
  public static String format(Map<String, String> parts) {
    Map<String, String> rest = new TreeMap<>(parts);
    StringBuilder url = new StringBuilder("postgres://");
    String user = rest.remove("user");
    if (user != null) {
      url.append(encoded(user));
      String password = rest.remove("password");
      url.append(password == null ? "" : ":" + encoded(password)).append('@');
    }
    String host = rest.getOrDefault("host", "");
    url.append(host.contains(":") ? "[" + host + "]" : encoded(host));
    String port = rest.remove("port");
    url.append(port == null ? "" : ":" + port);
    String database = rest.remove("database");
    url.append(database == null ? "" : "/" + encoded(database));
    rest.remove("host");
    String mark = "?";
    for (Map.Entry<String, String> option : rest.entrySet()) {
      url.append(mark).append(option.getKey()).append('=').append(encoded(option.getValue()));
      mark = "&";
    }
    return url.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static void put(Map<String, String> parts, String name, String value) {
    if (!value.isEmpty()) {
      try {
        parts.put(name, URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("a URL whose % signs are followed by two digits", e);
      }
    }
  }
}
