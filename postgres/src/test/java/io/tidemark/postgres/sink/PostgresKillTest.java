package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A writer, now and then the copy's server too, gets SIGKILL at random moments and is started
 * again; at any moment the copy holds just what its tidemark says.
 */
class PostgresKillTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  @Tag("thorough")
  void aCopySurvivesKills(Apply apply) throws Exception {
    killOften(apply, 12);
  }

  private void killOften(Apply apply, int kills) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (EmbeddedPostgres server = EmbeddedPostgres.start(Version.V15)) {
      for (int kill = 0; kill < kills; kill++) {
        Process writer = start(server, apply);
        try (BufferedReader out = writer.inputReader()) {
          String opened = out.readLine();
          assertThat(opened).as("the writer said %s", Files.readString(said())).isNotNull();
          if (kill == 0) {
            assertThat(out.readLine()).as("second line of the writer").startsWith("committed ");
          }
          long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(1500));
          while (System.nanoTime() < end && writer.isAlive()) {
            compare(server, "seed " + seed + ", before kill " + kill);
          }
          if (kill % 2 == 1) {
            server.kill();
          }
          writer.destroyForcibly().waitFor();
        }
        if (!server.isRunning()) {
          server.restart();
        }
        compare(server, "seed " + seed + ", after kill " + kill);
      }
    }
  }

  private Process start(EmbeddedPostgres server, Apply apply) throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            KilledPostgresWriter.class.getName(),
            server.uri("postgres"),
            apply.name());
    return new ProcessBuilder(command).redirectError(said().toFile()).start();
  }

  /** What the writer that was started last has to say. */
  private Path said() {
    return folder.resolve("writer.err");
  }

  /** One statement, so it sees the tidemark and the rows of one moment. */
  private static void compare(EmbeddedPostgres server, String where) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*), count(DISTINCT id), max(id) + 1, n, bool_and(note = 'note of ' ||"
                    + " id), bool_and(updates = CASE WHEN id * 2 + 1 < n THEN '1' ELSE '0' END)"
                    + " FROM public.rows, (SELECT (position::pg_lsn - '0/0'::pg_lsn - "
                    + KilledPostgresWriter.FIRST
                    + ") / 10 AS n FROM tidemark.pipelines) t GROUP BY n")) {
      assertThat(row.next()).as(where).isTrue();
      assertThat(List.of(row.getLong(1), row.getLong(2), row.getLong(3)))
          .as(where)
          .containsOnly(row.getLong(4));
      assertThat(row.getBoolean(5)).as(where + ": notes").isTrue();
      assertThat(row.getBoolean(6)).as(where + ": updates").isTrue();
    }
  }
}
