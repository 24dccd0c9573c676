package io.tidemark.postgres.sink;

import static io.tidemark.api.config.OptionType.DURATION;
import static io.tidemark.api.config.OptionType.MAP;
import static io.tidemark.api.config.OptionType.NUMBER;
import static io.tidemark.api.config.OptionType.TEXT;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.Settings;
import io.tidemark.postgres.connect.Endpoint;
import io.tidemark.postgres.connect.EndpointOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What a PostgreSQL sink can be told.
 *
 * @param endpoint the database that holds the copy
 * @param pipeline name under which the copy's state is kept, unique within the state schema
 * @param schemas schema of the copy by schema of the source; one that is not named keeps its name
 * @param stateSchema where the sink keeps what is its own
 * @param lockTimeout how long a commit waits for a lock that somebody else holds
 */
public record PostgresSinkConfig(
    Endpoint endpoint,
    String pipeline,
    Map<String, String> schemas,
    String stateSchema,
    Duration lockTimeout) {
  public PostgresSinkConfig {
    schemas = Map.copyOf(schemas);
  }

  private static final Option<String> URL =
      Option.optional(
              "url",
              TEXT,
              "The database as a connection URL; single options below take precedence over its"
                  + " parts. PG* variables do not count here: they may be meant for the source.",
              "postgres://tidemark@replica.example.org:5432/bank?sslmode=verify-full")
          .asSecret();
  private static final Option<String> HOST =
      Option.optional("host", TEXT, "Host name or address (else localhost).", "replica");
  private static final Option<Long> PORT =
      Option.optional("port", NUMBER, "Port (else 5432).", "5432");
  private static final Option<String> DATABASE =
      Option.optional("database", TEXT, "Database (else the user's name).", "bank");
  private static final Option<String> USER =
      Option.optional(
          "user",
          TEXT,
          "Role; needs CREATE on the database, or on the schemas where they are there (else the"
              + " system user).",
          "tidemark");
  private static final Option<String> PASSWORD =
      Option.optional(
              "password",
              TEXT,
              "Password (else password-file, ~/.pgpass). Better written as ${env:NAME} or"
                  + " ${file:path}.",
              "${env:COPY_PASSWORD}")
          .asSecret();
  private static final Option<String> PASSWORD_FILE =
      Option.optional(
          "password-file",
          TEXT,
          "File that holds the password alone; read again for every connection.",
          "/run/secrets/copy");
  private static final Option<String> SSLMODE =
      Option.optional(
          "sslmode",
          TEXT,
          "How the connection is secured, as in libpq (else prefer).",
          "verify-full");
  private static final Option<String> SSL_ROOT =
      Option.optional(
          "ssl.root-cert",
          TEXT,
          "File with the certificates of trusted authorities.",
          "/etc/ssl/rds-ca.pem");
  private static final Option<String> SSL_CERT =
      Option.optional("ssl.cert", TEXT, "File with the client's certificate.", "client.crt");
  private static final Option<String> SSL_KEY =
      Option.optional(
          "ssl.key", TEXT, "File with the client's key, PKCS-8 DER or PKCS-12.", "client.pk8");
  private static final Option<Duration> CONNECT_TIMEOUT =
      Option.of("connect-timeout", DURATION, "10s", "How long one connection attempt may take.");
  private static final Option<Map<String, String>> SCHEMAS =
      Option.optional(
          "schemas",
          MAP,
          "Schema of the copy by schema of the source; one that is not named keeps its name. It"
              + " counts for tables that are made from then on.",
          "{public: copy}");
  private static final Option<String> STATE_SCHEMA =
      Option.of(
          "state-schema",
          TEXT,
          "tidemark",
          "Schema for the tidemark and the state. Two sinks of one pipeline in one database need one"
              + " each.");
  private static final Option<Duration> LOCK_TIMEOUT =
      Option.of(
          "lock-timeout",
          DURATION,
          "30s",
          "How long a commit waits for a lock that somebody else holds, before it lets others pass"
              + " and tries again.");

  /** What may be written in a configuration file. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink",
          "postgres",
          "Current rows in another PostgreSQL (14 to 18), exactly once.",
          List.of(
              URL,
              HOST,
              PORT,
              DATABASE,
              USER,
              PASSWORD,
              PASSWORD_FILE,
              SSLMODE,
              SSL_ROOT,
              SSL_CERT,
              SSL_KEY,
              CONNECT_TIMEOUT,
              SCHEMAS,
              STATE_SCHEMA,
              LOCK_TIMEOUT));

  /**
   * Makes a configuration of what was read.
   *
   * @param pipeline the pipeline's name
   * @param where how messages name the place
   * @param problems takes every problem found
   */
  public static PostgresSinkConfig from(
      Settings settings, String pipeline, String where, List<String> problems) {
    EndpointOptions options =
        new EndpointOptions(settings.find(URL).orElse(""), Map.of(), where, problems);
    Endpoint endpoint =
        options.endpoint(
            settings.find(HOST),
            settings.find(PORT),
            settings.find(DATABASE),
            settings.find(USER),
            settings.find(PASSWORD),
            settings.find(PASSWORD_FILE).map(Path::of),
            new Endpoint.Tls(
                options.sslMode(settings.find(SSLMODE)),
                settings.find(SSL_ROOT).or(() -> options.named("sslrootcert", "")),
                settings.find(SSL_CERT).or(() -> options.named("sslcert", "")),
                settings.find(SSL_KEY).or(() -> options.named("sslkey", ""))),
            settings.find(CONNECT_TIMEOUT).orElse(Duration.ofSeconds(10)));
    String stateSchema = settings.find(STATE_SCHEMA).orElse("tidemark");
    Map<String, String> schemas = settings.find(SCHEMAS).orElse(Map.of());
    if (schemas.containsValue(stateSchema)) {
      problems.add(
          where
              + ".schemas: cannot put tables into '"
              + stateSchema
              + "', which holds the sink's state. Name another schema, or another state-schema.");
    }
    return new PostgresSinkConfig(
        endpoint,
        pipeline,
        schemas,
        stateSchema,
        settings.find(LOCK_TIMEOUT).orElse(Duration.ofSeconds(30)));
  }

  /** The same at another address. */
  public PostgresSinkConfig at(Endpoint other) {
    return new PostgresSinkConfig(other, pipeline, schemas, stateSchema, lockTimeout);
  }

  /**
   * A configuration of a database with all else as it is by default.
   *
   * @param url as libpq takes it
   */
  public static PostgresSinkConfig of(String url, String pipeline) {
    List<String> problems = new java.util.ArrayList<>();
    Settings settings = Settings.read(SPEC, Map.of("url", url), "sink", problems);
    PostgresSinkConfig config = from(settings, pipeline, "sink", problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join(" ", problems));
    }
    return config;
  }
}
