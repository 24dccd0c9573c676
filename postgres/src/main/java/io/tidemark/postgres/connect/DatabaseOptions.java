package io.tidemark.postgres.connect;

import static io.tidemark.api.config.OptionType.DURATION;
import static io.tidemark.api.config.OptionType.NUMBER;
import static io.tidemark.api.config.OptionType.TEXT;
import static io.tidemark.api.config.OptionType.oneOf;

import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The options that say how a database is reached, for whatever connects to one. libpq's variables
 * speak of the source alone: a copy that followed them would easily be the source itself.
 */
public final class DatabaseOptions {
  /** libpq's words for securing a connection. */
  private enum SslMode {
    DISABLE,
    ALLOW,
    PREFER,
    REQUIRE,
    VERIFY_CA,
    VERIFY_FULL
  }

  /** The options of the database whose changes are captured. */
  public static final DatabaseOptions SOURCE =
      new DatabaseOptions(
          "and PG* variables fill what neither names.",
          "REPLICATION and SELECT on the tables",
          "PG");

  /** The options of a database that holds a copy. */
  public static final DatabaseOptions COPY =
      new DatabaseOptions(
          "and PG* variables do not count: they may be meant for the source.",
          "CREATE on the database, or on the schemas where they are there",
          "");

  private final String prefix;
  private final Option<String> url;
  private final Option<String> host;
  private final Option<Long> port;
  private final Option<String> database;
  private final Option<String> user;
  private final Option<String> password;
  private final Option<String> passwordFile;
  private final Option<SslMode> sslMode;
  private final Option<String> sslRoot;
  private final Option<String> sslCert;
  private final Option<String> sslKey;
  private final Option<Duration> connectTimeout =
      Option.of("connect-timeout", DURATION, "10s", "How long one connection attempt may take.");

  /**
   * Declares them.
   *
   * @param variables what the description of the URL says of them
   * @param rights what the role needs
   * @param prefix of the variables that count; empty where none do
   */
  private DatabaseOptions(String variables, String rights, String prefix) {
    this.prefix = prefix;
    url =
        Option.optional(
                "url",
                TEXT,
                "The database as a connection URL; single options below take precedence over its"
                    + " parts, "
                    + variables,
                "postgres://tidemark@db.example.org:5432/bank?sslmode=verify-full")
            .asSecret();
    host = text("host", "Host name or address", "HOST", "else localhost", "db.example.org");
    port = Option.optional("port", NUMBER, "Port" + or("PORT", "else 5432") + ".", "5432");
    database = text("database", "Database", "DATABASE", "else the user's name", "bank");
    user = text("user", "Role; needs " + rights, "USER", "else the system user", "tidemark");
    password =
        Option.optional(
                "password",
                TEXT,
                "Password (else password-file, "
                    + (prefix.isEmpty() ? "" : prefix + "PASSWORD, ")
                    + "~/.pgpass). Better written as ${env:NAME} or ${file:path}.",
                "${env:BANK_PASSWORD}")
            .asSecret();
    passwordFile =
        Option.optional(
            "password-file",
            TEXT,
            "File that holds the password alone; read again for every connection, so a rotated"
                + " password is found.",
            "/run/secrets/bank");
    sslMode =
        Option.optional(
            "sslmode",
            oneOf(SslMode.class),
            "How the connection is secured, as in libpq" + or("SSLMODE", "else prefer") + ".",
            "verify-full");
    sslRoot =
        text(
            "ssl.root-cert",
            "File with the certificates of trusted authorities",
            "SSLROOTCERT",
            "",
            "/etc/ssl/rds-ca.pem");
    sslCert = text("ssl.cert", "File with the client's certificate", "SSLCERT", "", "client.crt");
    sslKey =
        text(
            "ssl.key",
            "File with the client's key, PKCS-8 DER or PKCS-12",
            "SSLKEY",
            "",
            "client.pk8");
  }

  private Option<String> text(
      String name, String what, String variable, String otherwise, String example) {
    return Option.optional(name, TEXT, what + or(variable, otherwise) + ".", example);
  }

  /** What counts where the option is not given. */
  private String or(String variable, String otherwise) {
    String named = prefix.isEmpty() ? "" : "else " + prefix + variable;
    String both = named.isEmpty() || otherwise.isEmpty() ? "" : ", ";
    return (named + both + otherwise).isEmpty() ? "" : " (" + named + both + otherwise + ")";
  }

  /** Each of them, in the order in which a user reads them. */
  public List<Option<?>> all() {
    return List.of(
        url,
        host,
        port,
        database,
        user,
        password,
        passwordFile,
        sslMode,
        sslRoot,
        sslCert,
        sslKey,
        connectTimeout);
  }

  /**
   * Where and how to connect.
   *
   * @param environment the variables of the process
   * @param where what is configured, {@code source} for instance; problems begin with it
   * @param problems takes every problem found
   */
  public Endpoint endpoint(
      Settings settings, Map<String, String> environment, String where, List<String> problems) {
    EndpointParts parts =
        new EndpointParts(
            settings.find(url).orElse(""),
            prefix.isEmpty() ? Map.of() : environment,
            where,
            problems);
    return parts.endpoint(
        settings.find(host),
        settings.find(port),
        settings.find(database),
        settings.find(user),
        settings.find(password),
        settings.find(passwordFile).map(Path::of),
        new Endpoint.Tls(
            parts.sslMode(settings.find(sslMode).map(OptionType::word)),
            settings.find(sslRoot).or(() -> parts.named("sslrootcert", "PGSSLROOTCERT")),
            settings.find(sslCert).or(() -> parts.named("sslcert", "PGSSLCERT")),
            settings.find(sslKey).or(() -> parts.named("sslkey", "PGSSLKEY"))),
        settings.find(connectTimeout).orElse(Duration.ofSeconds(10)));
  }
}
