package io.tidemark.duckdb.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.duckdb.DuckDBDriver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A writer gets SIGKILL at random moments and is started again; each time the file, opened by
 * another process, holds just what its tidemark says. So does the file for readers.
 */
class DuckDbKillTest {
  @TempDir Path folder;

  @Test
  void aFileSurvivesKills() throws Exception {
    killOften(4);
  }

  @Test
  @Tag("long")
  void aFileSurvivesManyKills() throws Exception {
    killOften(100);
  }

  @Test
  void aFileThatAnotherProcessWritesIsRefusedByName() throws Exception {
    DuckDbConfig config = DuckDbConfig.of(folder.resolve("held.duckdb"));
    Process writer = start(config);
    try (BufferedReader out = writer.inputReader();
        DuckDbSink second = new DuckDbSink(config)) {
      assertThat(out.readLine()).startsWith("open ");
      assertThat(out.readLine()).startsWith("committed ");
      assertThatThrownBy(second::open)
          .isInstanceOfSatisfying(
              TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.BUSY))
          .hasMessageContaining("another process has it open")
          .hasMessageContaining("open held.read.duckdb");
      // its lock holds though it has published, which reads the file beside DuckDB
      assertThat(config.readPath()).exists();
    } finally {
      writer.destroyForcibly().waitFor();
    }
  }

  private void killOften(int kills) throws Exception {
    DuckDbConfig config = DuckDbConfig.of(folder.resolve("rows.duckdb"));
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int kill = 0; kill < kills; kill++) {
      Process writer = start(config);
      try (BufferedReader out = writer.inputReader()) {
        assertThat(out.readLine()).as("first line of the writer").startsWith("open ");
        if (kill == 0) {
          assertThat(out.readLine()).as("second line of the writer").startsWith("committed ");
        }
        writer.waitFor(random.nextInt(1500), TimeUnit.MILLISECONDS);
        writer.destroyForcibly().waitFor();
      }
      String where = "seed " + seed + ", after kill " + kill;
      compare(config, where);
      compare(DuckDbConfig.of(config.readPath()), where + ", for readers");
    }
  }

  private Process start(DuckDbConfig config) throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            KilledDuckDbWriter.class.getName(),
            config.path().toString());
    return new ProcessBuilder(command)
        .redirectError(Files.createTempFile(folder, "writer", ".err").toFile())
        .start();
  }

  private static void compare(DuckDbConfig file, String where) throws SQLException {
    long n = (DuckDbLook.at(file).position().lsn().value() - KilledDuckDbWriter.FIRST) / 10;
    assertThat(n).as(where).isPositive();
    Properties readOnly = new Properties();
    readOnly.setProperty("access_mode", "READ_ONLY");
    try (Connection connection =
            new DuckDBDriver().connect("jdbc:duckdb:" + file.path(), readOnly);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*), count(DISTINCT id), max(id), bool_and(note = 'note of ' || id),"
                    + " bool_and(updates = if(id * 2 + 1 < "
                    + n
                    + ", '1', '0')) FROM public.rows")) {
      row.next();
      assertThat(List.of(row.getLong(1), row.getLong(2), row.getLong(3)))
          .as(where)
          .containsExactly(n, n, n - 1);
      assertThat(row.getBoolean(4)).as(where + ": notes").isTrue();
      assertThat(row.getBoolean(5)).as(where + ": updates").isTrue();
    }
  }
}
