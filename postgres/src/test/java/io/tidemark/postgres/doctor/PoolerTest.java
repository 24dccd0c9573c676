package io.tidemark.postgres.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.Tried;
import io.tidemark.postgres.doctor.Finding.Severity;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real PgBouncer between us and the server, where this machine has one. */
class PoolerTest {
  private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");
  private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();

  private EmbeddedPostgres server;
  private Path folder;
  private Process pooler;
  private int port;

  @BeforeEach
  void start() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(PROGRAM), "left out: Debian's package pgbouncer is not installed");
    server = EmbeddedPostgres.start(Tried.version(Version.V18));
    folder = Files.createTempDirectory("tidemark-pooler");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (pooler != null) {
      pooler.destroyForcibly().waitFor();
    }
    if (server != null) {
      server.close();
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
  }

  private void pool(String mode, String ignored) throws Exception {
    Path file = folder.resolve("pgbouncer.ini");
    Files.writeString(
        file,
        """
        [databases]
        * = host=127.0.0.1 port=%d user=postgres password=%s
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = %d
        unix_socket_dir =
        auth_type = any
        pool_mode = %s
        ignore_startup_parameters = %s
        """
            .formatted(server.port(), server.password(), port, mode, ignored));
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      // it refuses to run as root
      command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
    }
    command.addAll(List.of(PROGRAM.toString(), file.toString()));
    Path log = folder.resolve("log");
    pooler =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!answers()) {
      if (!pooler.isAlive() || System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("pgbouncer: " + Files.readString(log));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean answers() {
    try (var socket = new java.net.Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private List<Finding> examine() {
    List<String> problems = new ArrayList<>();
    PostgresConfig config =
        PostgresConfig.from(
            Settings.read(
                PostgresConfig.SPEC,
                Map.of("url", "postgres://postgres:x@127.0.0.1:" + port + "/postgres"),
                "source",
                problems),
            Map.of(),
            problems);
    assertThat(problems).isEmpty();
    return new Doctor(config, Map.of()).examine();
  }

  @Test
  void transactionModeIsDetected() throws Exception {
    pool("transaction", "extra_float_digits,application_name,options,replication");
    List<Finding> findings = examine();
    assertThat(findings)
        .anyMatch(
            finding ->
                finding.check().equals("pooler")
                    && finding.severity() == Severity.BLOCKING
                    && finding.remedy().contains("the server's own address"));
  }

  @Test
  void aPoolerThatRefusesOurSessionIsNamed() throws Exception {
    pool("transaction", "");
    List<Finding> findings = examine();
    assertThat(findings.toString()).contains("pooler");
    assertThat(findings.get(0).severity()).isEqualTo(Severity.BLOCKING);
  }

  @Test
  void theDriverReachesTheServerThroughIt() throws SQLException, Exception {
    pool("session", "extra_float_digits");
    try (var connection =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres&password=x");
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT 41 + 1")) {
      row.next();
      assertThat(row.getInt(1)).isEqualTo(42);
    }
  }
}
