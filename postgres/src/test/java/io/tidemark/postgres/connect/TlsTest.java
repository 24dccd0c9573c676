package io.tidemark.postgres.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.config.Settings;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.Tried;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, and whom we believe: against a server that asks for it. */
class TlsTest {
  @TempDir static Path folder;
  private static EmbeddedPostgres server;
  private static Certificates ours;
  private static Certificates strange;

  @BeforeAll
  static void start() throws Exception {
    ours = Certificates.make(Files.createDirectory(folder.resolve("ours")));
    strange = Certificates.make(Files.createDirectory(folder.resolve("strange")));
    server =
        EmbeddedPostgres.of(Tried.version(Version.V18))
            .file("server.crt", Files.readString(ours.serverChain()))
            .file("server.key", Files.readString(ours.serverKey()))
            .file("root.crt", Files.readString(ours.authority()))
            .file(
                "pg_hba.conf",
                """
                hostssl all certified all scram-sha-256 clientcert=verify-full
                hostnossl all guarded all reject
                host all all all scram-sha-256
                """)
            .setting("ssl", "on")
            .setting("ssl_cert_file", "server.crt")
            .setting("ssl_key_file", "server.key")
            .setting("ssl_ca_file", "root.crt")
            .setting("password_encryption", "scram-sha-256")
            .start();
    server.execute(
        "CREATE ROLE certified LOGIN REPLICATION PASSWORD 'certified'",
        "CREATE ROLE guarded LOGIN REPLICATION PASSWORD 'guarded'");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Connector connector(Map<String, String> environment, String... options) {
    Map<String, Object> given = new TreeMap<>();
    given.put("port", Integer.toString(server.port()));
    given.put("database", "postgres");
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], options[i + 1]);
    }
    List<String> problems = new ArrayList<>();
    Endpoint endpoint =
        PostgresConfig.from(
                Settings.read(PostgresConfig.SPEC, given, "source", problems),
                environment,
                problems)
            .endpoint();
    assertThat(problems).isEmpty();
    return new Connector(endpoint, environment);
  }

  private static Connector guarded(String mode, String host, Certificates trusted) {
    return connector(
        Map.of(),
        "host",
        host,
        "user",
        "guarded",
        "password",
        "guarded",
        "sslmode",
        mode,
        "ssl.root-cert",
        trusted.authority().toString());
  }

  /** Both kinds of connections; gives whether the server sees TLS. */
  private static boolean secured(Connector connector) throws SQLException {
    try (Connection replication = connector.replication();
        Statement statement = replication.createStatement()) {
      statement.execute("IDENTIFY_SYSTEM");
    }
    try (Connection sql = connector.sql();
        Statement statement = sql.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  @Test
  void everyModeOfLibpqIsWhatItSays() throws Exception {
    for (String mode : List.of("prefer", "require", "verify-ca", "verify-full")) {
      assertThat(secured(guarded(mode, "localhost", ours))).as(mode).isTrue();
    }
    assertThat(secured(connector(Map.of(), "url", server.uri("postgres"), "sslmode", "disable")))
        .isFalse();
    assertThatThrownBy(() -> guarded("disable", "localhost", ours).sql())
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("the server does not let this role in");
  }

  @Test
  void anAddressThatTheCertificateDoesNotNameIsRefused() throws Exception {
    assertThat(secured(guarded("verify-ca", "127.0.0.1", ours))).isTrue();
    assertThatThrownBy(() -> guarded("verify-full", "127.0.0.1", ours).sql())
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("the server's certificate is for another host than '127.0.0.1'")
        .extracting(e -> ((TidemarkException) e).code())
        .isEqualTo(ErrorCode.SOURCE_NOT_READY);
  }

  @Test
  void anAuthorityThatDidNotSignIsRefused() {
    for (String mode : List.of("verify-ca", "verify-full")) {
      assertThatThrownBy(() -> guarded(mode, "localhost", strange).sql())
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("TLS failed")
          .hasMessageContaining("ssl.root-cert names the authority")
          .hasMessageContaining("(now " + mode + ")");
    }
  }

  @Test
  void aRootCertificateThatIsNotThereIsNamed() {
    Certificates none = new Certificates(folder.resolve("nowhere"));
    assertThatThrownBy(() -> guarded("verify-full", "localhost", none).sql())
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining(none.authority().toString());
  }

  @Test
  void aClientShowsItsCertificate() throws Exception {
    String[] options = {
      "host", "localhost",
      "user", "certified",
      "password", "certified",
      "sslmode", "verify-full",
      "ssl.root-cert", ours.authority().toString(),
      "ssl.cert", ours.clientChain().toString(),
      "ssl.key", ours.clientKey().toString()
    };
    assertThat(secured(connector(Map.of(), options))).isTrue();
    String[] without = java.util.Arrays.copyOf(options, options.length - 4);
    assertThatThrownBy(() -> connector(Map.of(), without).sql())
        .isInstanceOf(TidemarkException.class)
        .hasMessageContaining("client certificate");
    Path open = Files.copy(ours.clientKey(), folder.resolve("open.pk8"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    String[] careless = options.clone();
    careless[careless.length - 1] = open.toString();
    assertThatThrownBy(() -> connector(Map.of(), careless).sql())
        .hasMessageContaining("has group or world access")
        .hasMessageContaining("ssl.key");
    Map<String, String> variables =
        Map.of(
            "PGHOST", "localhost",
            "PGUSER", "certified",
            "PGPASSWORD", "certified",
            "PGSSLMODE", "verify-full",
            "PGSSLROOTCERT", ours.authority().toString(),
            "PGSSLCERT", ours.clientChain().toString(),
            "PGSSLKEY", ours.clientKey().toString());
    assertThat(secured(connector(variables))).isTrue();
  }

  @Test
  void thePasswordIsFoundWhereLibpqFindsItAndReadAgainForEachConnection() throws Exception {
    Path pgpass = folder.resolve("pgpass");
    Files.writeString(pgpass, "other:*:*:guarded:wrong\nlocalhost:*:postgres:guarded:guarded\n");
    Map<String, String> variables =
        Map.of("PGPASSFILE", pgpass.toString(), "PGUSER", "guarded", "PGHOST", "localhost");
    Connector byFile = connector(variables);
    assertThat(secured(byFile)).isTrue();

    Path secret = folder.resolve("secret");
    Files.writeString(secret, "guarded\n");
    Connector bySecret = connector(Map.of("PGUSER", "guarded"), "password-file", secret.toString());
    assertThat(secured(bySecret)).isTrue();
    Connector without = connector(Map.of("PGUSER", "guarded"));
    assertThatThrownBy(without::sql).hasMessageContaining("a password and none is known");
    server.execute("ALTER ROLE guarded PASSWORD 'rotated'");
    try {
      assertThatThrownBy(bySecret::sql).hasMessageContaining("the password was refused");
      assertThatThrownBy(byFile::sql).hasMessageContaining("the password was refused");
      Files.writeString(secret, "rotated\n");
      Files.writeString(pgpass, "localhost:*:*:*:rotated\n");
      assertThat(secured(bySecret)).isTrue();
      assertThat(secured(byFile)).isTrue();
    } finally {
      server.execute("ALTER ROLE guarded PASSWORD 'guarded'");
    }
  }

  @Test
  void passwordsGoByScram() throws Exception {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid"
                    + " WHERE rolname = 'guarded'")) {
      row.next();
      assertThat(row.getBoolean(1)).isTrue();
    }
    assertThat(secured(guarded("require", "localhost", ours))).isTrue();
  }
}
