package io.tidemark.postgres.connect;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.type.PinnedSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Opens connections to one database. Every session has the same settings whatever the server, the
 * role or the JVM would have chosen, since they decide how values look as text and which rows are
 * seen. Any number of threads may use a connector.
 */
public final class Connector {
  /**
   * Sent as statements, not as start-up parameters: poolers refuse those they do not know. {@code
   * row_security = off} makes a query fail that a policy would silently shorten. {@code
   * synchronous_commit = local}: messages that are written are durable when written, and wait for
   * no standby.
   */
  private static final String SESSION =
      "SET client_encoding = 'UTF8'; SET row_security = off; SET statement_timeout = 0;"
          + " SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
          + " SET idle_session_timeout = 0; SET synchronous_commit = local";

  /** The oldest server that is read. */
  public static final int OLDEST_SERVER = 14;

  /** An answer may take so many times as long as a connection. */
  private static final int ANSWER_FACTOR = 3;

  /** The next rows of a COPY, which may have to be searched for, so many times. */
  private static final int ROWS_FACTOR = 30;

  private final Endpoint endpoint;
  private final Map<String, String> environment;

  /**
   * @param environment the process's environment variables, for PGPASSFILE and HOME
   */
  public Connector(Endpoint endpoint, Map<String, String> environment) {
    this.endpoint = endpoint;
    this.environment = Map.copyOf(environment);
  }

  /** Where the connections go. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /**
   * A connection for SQL, in auto-commit.
   *
   * @throws TidemarkException SOURCE_UNREACHABLE or SOURCE_NOT_READY, with what to do
   */
  public Connection sql() {
    return open(new Properties());
  }

  /**
   * A connection for short questions, in auto-commit: where the network does not answer, a question
   * fails after a while, so that nobody waits for it for ever.
   *
   * @throws TidemarkException SOURCE_UNREACHABLE or SOURCE_NOT_READY, with what to do
   */
  public Connection questions() {
    return open(answeredIn(ANSWER_FACTOR));
  }

  /** A network that swallows everything says nothing of it: an answer has to come in time. */
  private Properties answeredIn(int factor) {
    Properties properties = new Properties();
    long seconds = Math.max(1, endpoint.connectTimeout().toSeconds()) * factor;
    properties.setProperty("socketTimeout", Long.toString(seconds));
    return properties;
  }

  /**
   * A connection in logical replication mode: replication commands and simple queries.
   *
   * @throws TidemarkException SOURCE_UNREACHABLE or SOURCE_NOT_READY, with what to do
   */
  public Connection replication() {
    return replication(new Properties());
  }

  /**
   * The same for short questions, as {@link #questions}.
   *
   * @throws TidemarkException SOURCE_UNREACHABLE or SOURCE_NOT_READY, with what to do
   */
  public Connection replicationQuestions() {
    return replication(answeredIn(ANSWER_FACTOR));
  }

  private Connection replication(Properties properties) {
    properties.setProperty("replication", "database");
    properties.setProperty("preferQueryMode", "simple");
    properties.setProperty("allowEncodingChanges", "true");
    return open(properties);
  }

  /**
   * A connection for SQL whose results are read as bytes: COPY. Fails where nothing comes for some
   * minutes. In a database that checks no texts (SQL_ASCII) they come as they are; over any other
   * connection the server fails at the first that is no UTF-8.
   *
   * @throws TidemarkException SOURCE_UNREACHABLE or SOURCE_NOT_READY, with what to do
   */
  public Connection bytes() {
    Properties properties = answeredIn(ROWS_FACTOR);
    properties.setProperty("allowEncodingChanges", "true");
    return open(properties);
  }

  private Connection open(Properties properties) {
    properties.setProperty("user", endpoint.user());
    password().ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("ApplicationName", "tidemark");
    properties.setProperty("assumeMinServerVersion", "14");
    properties.setProperty("tcpKeepAlive", "true");
    long timeout = Math.max(1, endpoint.connectTimeout().toSeconds());
    properties.setProperty("connectTimeout", Long.toString(timeout));
    properties.setProperty("loginTimeout", Long.toString(timeout * 2));
    properties.setProperty("sslmode", endpoint.tls().mode());
    endpoint.tls().rootCertificate().ifPresent(file -> properties.setProperty("sslrootcert", file));
    endpoint.tls().certificate().ifPresent(file -> properties.setProperty("sslcert", file));
    endpoint.tls().key().ifPresent(file -> properties.setProperty("sslkey", file));
    try {
      // not through DriverManager, whose list of drivers depends on the class loader
      Connection connection = new org.postgresql.Driver().connect(url(), properties);
      try {
        prepare(connection);
        if (properties.containsKey("allowEncodingChanges")) {
          passTextsUnchecked(connection);
        }
      } catch (SQLException | TidemarkException e) {
        connection.close();
        throw e;
      }
      return connection;
    } catch (SQLException e) {
      throw ConnectFailure.explained(endpoint, e);
    }
  }

  private void prepare(Connection connection) throws SQLException {
    int server = connection.getMetaData().getDatabaseMajorVersion();
    refuseOld(server, endpoint);
    try (Statement statement = connection.createStatement()) {
      statement.execute(server < 17 ? SESSION : SESSION + "; SET transaction_timeout = 0");
      statement.execute(String.join("; ", PinnedSettings.statements()));
    }
  }

  private static void passTextsUnchecked(Connection connection) throws SQLException {
    String encoding =
        connection.unwrap(org.postgresql.PGConnection.class).getParameterStatus("server_encoding");
    if ("SQL_ASCII".equals(encoding)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET client_encoding = 'SQL_ASCII'");
      }
    }
  }

  private String url() {
    String host = endpoint.host().contains(":") ? "[" + endpoint.host() + "]" : endpoint.host();
    String database =
        java.net.URLEncoder.encode(endpoint.database(), StandardCharsets.UTF_8).replace("+", "%20");
    return "jdbc:postgresql://" + host + ":" + endpoint.port() + "/" + database;
  }

  /** Refuses a server of a major version that cannot be read. */
  static void refuseOld(int server, Endpoint endpoint) {
    if (server < OLDEST_SERVER) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot capture from "
              + endpoint
              + ": it runs PostgreSQL "
              + server
              + ", and logical streaming as used here came with "
              + OLDEST_SERVER
              + ". Upgrade the server.");
    }
  }

  private Optional<String> password() {
    if (endpoint.passwordFile().isPresent()) {
      Path file = endpoint.passwordFile().get();
      try {
        return Optional.of(Files.readString(file).strip());
      } catch (IOException e) {
        throw new TidemarkException(
            ErrorCode.CONFIGURATION,
            "Cannot read the password file "
                + file
                + ": "
                + e.getMessage()
                + ". Let password-file name a file that this user can read.",
            e);
      }
    }
    return endpoint.password().or(this::fromPasswordFile);
  }

  private Optional<String> fromPasswordFile() {
    String named = environment.get("PGPASSFILE");
    String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
    Path file = named != null ? Path.of(named) : Path.of(home, ".pgpass");
    return PasswordFile.find(
        file, endpoint.host(), endpoint.port(), endpoint.database(), endpoint.user());
  }
}
