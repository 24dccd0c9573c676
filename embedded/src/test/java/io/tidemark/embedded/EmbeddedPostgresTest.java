package io.tidemark.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EmbeddedPostgresTest {
  @TempDir Path folder;

  @ParameterizedTest
  @MethodSource("io.tidemark.embedded.Version#available")
  void isAFreshServerOfItsVersionReadyForLogicalDecoding(Version version) throws SQLException {
    Path data;
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(version)) {
      data = pg.data();
      assertThat(ask(pg, "SHOW server_version")).startsWith(version.major() + ".");
      assertThat(ask(pg, "SHOW wal_level")).isEqualTo("logical");
      assertThat(ask(pg, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(ask(pg, "SHOW server_encoding")).isEqualTo("UTF8");
      assertThat(ask(pg, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
          .isEqualTo("0");
    }
    assertThat(data).doesNotExist();
  }

  @Test
  void keepsDataAndPortAcrossRestartCrashAndReopening() throws SQLException {
    int port;
    try (EmbeddedPostgres pg = EmbeddedPostgres.of(Version.V18).in(folder.resolve("pg")).start()) {
      port = pg.port();
      pg.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)");
      pg.restart();
      pg.execute("INSERT INTO t VALUES (2)");
      pg.kill();
      assertThat(pg.isRunning()).isFalse();
      assertThatThrownBy(pg::connect).isInstanceOf(SQLException.class);
      pg.restart();
      assertThat(pg.port()).isEqualTo(port);
      assertThat(ask(pg, "SELECT sum(id) FROM t")).isEqualTo("3");
    }
    try (EmbeddedPostgres pg =
        EmbeddedPostgres.of(Version.V18).in(folder.resolve("pg")).port(port).start()) {
      assertThat(pg.port()).isEqualTo(port);
      assertThat(ask(pg, "SELECT sum(id) FROM t")).isEqualTo("3");
    }
  }

  @Test
  void whatDoesNotStopInTimeIsKilledAndRecovers() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.of(Version.V18).in(folder.resolve("pg")).start()) {
      pg.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)");
      String postmaster =
          Files.readAllLines(folder.resolve("pg/data/postmaster.pid")).get(0).strip();
      assertThat(new ProcessBuilder("kill", "-STOP", postmaster).start().waitFor()).isZero();
      pg.stop(Duration.ofSeconds(1));
      assertThat(pg.isRunning()).isFalse();
      assertThatThrownBy(pg::connect).isInstanceOf(SQLException.class);
      pg.restart();
      assertThat(ask(pg, "SELECT sum(id) FROM t")).isEqualTo("1");
    }
  }

  @Test
  void takesSettingsWithTheirValuesAsTheyAre() throws SQLException {
    try (EmbeddedPostgres pg =
        EmbeddedPostgres.of(Version.V18)
            .setting("max_connections", "17")
            .setting("application_name", "it's")
            .start()) {
      assertThat(ask(pg, "SHOW max_connections")).isEqualTo("17");
    }
  }

  @Test
  void letsNobodyInWithoutThePassword() {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18)) {
      String wrong = pg.jdbcUrl("postgres").replace(pg.password(), "guess");
      assertThatThrownBy(() -> java.sql.DriverManager.getConnection(wrong))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password authentication failed");
    }
  }

  @Test
  void refusesAFolderThatAnotherOneUses() {
    Path home = folder.resolve("pg");
    try (EmbeddedPostgres pg = EmbeddedPostgres.of(Version.V18).in(home).start()) {
      assertThat(pg.isRunning()).isTrue();
      assertThatThrownBy(() -> EmbeddedPostgres.of(Version.V18).in(home).start())
          .isInstanceOf(EmbeddedServerException.class)
          .hasMessageContaining("another process is using it");
    }
  }

  @Test
  void saysWhyItDoesNotStart() {
    assertThatThrownBy(
            () -> EmbeddedPostgres.of(Version.V18).setting("shared_buffers", "many").start())
        .isInstanceOf(EmbeddedServerException.class)
        .hasMessageContaining("Cannot start PostgreSQL")
        .hasMessageContaining("shared_buffers");
  }

  @Test
  void endsTheServerThatAKilledJvmLeftBehind() throws Exception {
    Path home = folder.resolve("pg");
    Process jvm = startInAnotherJvm(home.toString());
    long left = serverOf(jvm);
    jvm.destroyForcibly().waitFor();
    assertThat(ProcessHandle.of(left)).as("a killed JVM cannot stop it").isPresent();
    try (EmbeddedPostgres pg = EmbeddedPostgres.of(Version.V18).in(home).start()) {
      assertThat(ask(pg, "SELECT count(*) FROM left_behind")).isEqualTo("1");
      assertThat(pg.isRunning()).isTrue();
    }
    assertGone(left);
  }

  @Test
  void endsTheTemporaryServerThatAKilledJvmLeftBehind() throws Exception {
    Process jvm = startInAnotherJvm("");
    long left = serverOf(jvm);
    jvm.destroyForcibly().waitFor();
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18)) {
      assertThat(pg.isRunning()).isTrue();
      assertGone(left);
    }
  }

  @Test
  void leavesTheServersOfProcessesThatLiveAlone() throws Exception {
    Path home = folder.resolve("pg");
    try (EmbeddedPostgres kept = EmbeddedPostgres.of(Version.V18).in(home).start();
        EmbeddedPostgres first = EmbeddedPostgres.start(Version.V18);
        EmbeddedPostgres second = EmbeddedPostgres.start(Version.V18)) {
      // what this process does to its own folders must not give their locks away
      assertThatThrownBy(() -> EmbeddedPostgres.of(Version.V18).in(home).start())
          .isInstanceOf(EmbeddedServerException.class);
      Process sweeping = startInAnotherJvm("");
      serverOf(sweeping);
      sweeping.destroy();
      assertThat(sweeping.waitFor(60, TimeUnit.SECONDS)).isTrue();
      Process taking = startInAnotherJvm(home.toString());
      assertThat(taking.inputReader().readLine()).as("a server on a folder that is held").isNull();
      assertThat(taking.waitFor(60, TimeUnit.SECONDS)).isTrue();
      for (EmbeddedPostgres pg : List.of(kept, first, second)) {
        assertThat(ask(pg, "SELECT 1")).isEqualTo("1");
      }
    }
  }

  @Test
  void stopsWhenItsJvmIsAskedToEnd() throws Exception {
    Process jvm = startInAnotherJvm(folder.resolve("pg").toString());
    long server = serverOf(jvm);
    jvm.destroy();
    assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertGone(server);
  }

  /** Each way of not being root that this machine allows. */
  @Test
  void runsUnderEveryAccountThatRootCanTake() throws Exception {
    List<Account> accounts =
        Stream.concat(
                Stream.of(Account.userNamespace(), Account.self()),
                Account.asUser("nobody").stream())
            .filter(Account::works)
            .toList();
    assertThat(accounts).isNotEmpty();
    Path home = Files.createTempDirectory("tidemark-accounts");
    int runs = 0;
    for (Account account : accounts) {
      try (EmbeddedPostgres pg =
          EmbeddedPostgres.of(Version.V18).in(home).account(account).start()) {
        pg.execute("CREATE TABLE run" + runs++ + " ()");
        assertThat(ask(pg, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
            .as("the cluster that the other accounts used, under %s", account)
            .isEqualTo(Integer.toString(runs));
      }
    }
    Folders.delete(home);
  }

  /** Starts {@link LeftBehind} in a JVM of its own. */
  private static Process startInAnotherJvm(String home) throws Exception {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            LeftBehind.class.getName(),
            home)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static long serverOf(Process jvm) throws Exception {
    String line = jvm.inputReader().readLine();
    assertThat(line).as("what the other JVM says once its server runs").isNotNull();
    return Long.parseLong(line);
  }

  private static void assertGone(long pid) {
    assertThat(
            ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .filter(command -> command.contains("postgres")))
        .as("the server with process id %s", pid)
        .isEmpty();
  }

  private static String ask(EmbeddedPostgres pg, String sql) throws SQLException {
    try (Connection connection = pg.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** A program that starts a server, tells its process id and waits. */
  static final class LeftBehind {
    public static void main(String[] arguments) throws Exception {
      EmbeddedPostgres.Builder builder = EmbeddedPostgres.of(Version.V18);
      EmbeddedPostgres pg =
          arguments[0].isEmpty() ? builder.start() : builder.in(Path.of(arguments[0])).start();
      pg.execute("CREATE TABLE left_behind AS SELECT 1");
      System.out.println(Files.readAllLines(pg.data().resolve("postmaster.pid")).get(0));
      Thread.sleep(600_000);
    }
  }
}
