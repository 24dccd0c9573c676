package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.duckdb.sink.DuckDbConfig;
import io.tidemark.duckdb.sink.DuckDbSink;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.InMemorySink;
import io.tidemark.testkit.MemoryDestination;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A TRUNCATE of the stream comes while its table is copied in key ranges: what was read before it
 * goes, what was written after it stays, in a copy of changes and in one of current rows.
 */
@Timeout(180)
class TruncateWhileCopiedTest {
  private static final int ROWS = 1_000;

  @TempDir Path folder;
  private final MemoryDestination memory = new MemoryDestination();
  private CompletableFuture<Void> run;

  @Test
  void onlyWhatIsWrittenAfterItStays() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18)) {
      Pipeline pipeline = pipeline(pg);
      run = CompletableFuture.runAsync(() -> run(pipeline));
      whenSomeIsRead(pg, "first", 1);
      whenSomeIsRead(pg, "half", ROWS / 2);
      whenAllIsRead(pg);
      whenNothingIsRead(pg);
      List<String> tables = List.of("first", "half", "every", "none");
      for (String table : tables) {
        await(() -> isMember(table));
        pg.execute("UPDATE " + table + " SET v = 'member' WHERE id = 9");
      }
      flush(pipeline, pg);
      pipeline.stop();
      run.get(30, TimeUnit.SECONDS);
      for (String table : tables) {
        Map<Integer, String> source = rows(pg.jdbcUrl("postgres"), "public." + table);
        assertThat(source).hasSize(145).containsEntry(9, "member");
        assertThat(changes(table)).as("changes of %s", table).isEqualTo(source);
        assertThat(rows("jdbc:duckdb:" + folder.resolve("copy.duckdb"), "public." + table))
            .as("current rows of %s", table)
            .isEqualTo(source);
      }
    }
  }

  /** The attempt is over, and the next one begins after the TRUNCATE. */
  private void whenSomeIsRead(EmbeddedPostgres pg, String table, int rows) throws Exception {
    create(pg, table);
    await(() -> read(table) >= rows);
    assertThat(read(table)).isLessThan(ROWS);
    truncate(pg, table);
    await(() -> isMember(table));
    assertThat(attempt(table)).isEqualTo(2);
  }

  /** The attempt goes on, and the TRUNCATE is a change like others. */
  private void whenAllIsRead(EmbeddedPostgres pg) throws Exception {
    String sender = ask(pg, "SELECT active_pid FROM pg_replication_slots WHERE NOT temporary");
    create(pg, "every");
    await(() -> read("every") > 0);
    // the stream stands still, so that the table is no member yet
    signal("STOP", sender);
    await(() -> read("every") == ROWS);
    truncate(pg, "every");
    assertThat(isMember("every")).isFalse();
    signal("CONT", sender);
    await(() -> isMember("every"));
    assertThat(attempt("every")).isEqualTo(1);
  }

  /** The attempt goes on, and reads what the TRUNCATE left. */
  private void whenNothingIsRead(EmbeddedPostgres pg) throws Exception {
    try (Connection open = pg.connect();
        Statement older = open.createStatement()) {
      open.setAutoCommit(false);
      older.execute("SELECT pg_current_xact_id()");
      create(pg, "none");
      // it waits for the older transaction
      await(() -> isCopying("none"));
      truncate(pg, "none");
      assertThat(read("none")).isZero();
      open.commit();
    }
    await(() -> isMember("none"));
    assertThat(attempt("none")).isEqualTo(1);
  }

  private static void create(EmbeddedPostgres pg, String table) throws SQLException {
    pg.execute(
        "CREATE TABLE " + table + " (id int PRIMARY KEY, v text)",
        "INSERT INTO " + table + " SELECT i, 'before' FROM generate_series(1, " + ROWS + ") i");
  }

  private static void truncate(EmbeddedPostgres pg, String table) throws SQLException {
    pg.execute(
        "UPDATE " + table + " SET v = 'gone too' WHERE id % 100 = 0",
        "BEGIN; INSERT INTO "
            + table
            + " VALUES (-1, 'in it, before'); TRUNCATE "
            + table
            + "; INSERT INTO "
            + table
            + " SELECT i, 'in it, after' FROM generate_series(5, 50) i; COMMIT",
        "INSERT INTO " + table + " SELECT i, 'after' FROM generate_series(2000, 2100) i",
        "UPDATE " + table + " SET v = 'changed' WHERE id IN (7, 2007)",
        "DELETE FROM " + table + " WHERE id IN (8, 2008)");
  }

  private Pipeline pipeline(EmbeddedPostgres pg) {
    List<String> problems = new ArrayList<>();
    PostgresConfig source =
        PostgresConfig.from(
            Settings.read(
                PostgresConfig.SPEC,
                Map.of(
                    "url",
                    pg.uri("postgres"),
                    "tables.refresh",
                    "100ms",
                    "snapshot.max-hold",
                    "0s",
                    "snapshot.chunk-rows",
                    "10",
                    "snapshot.workers",
                    "1",
                    "queue.memory",
                    "1"),
                "source",
                problems),
            Map.of(),
            problems);
    assertThat(problems).isEmpty();
    DuckDbConfig file = DuckDbConfig.of(folder.resolve("copy.duckdb"));
    return new Pipeline(
        PipelineConfig.of("truncated", folder.resolve("data"), Duration.ofMillis(50)),
        () -> new PostgresSource(source, Map.of()),
        List.of(),
        List.of(
            new NamedSink("changes", "memory", () -> new InMemorySink(memory)),
            new NamedSink("rows", "duckdb", () -> new DuckDbSink(file))));
  }

  private static void run(Pipeline pipeline) {
    try {
      pipeline.run();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void await(BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      if (run.isDone()) {
        run.get();
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static void flush(Pipeline pipeline, EmbeddedPostgres pg) throws Exception {
    Lsn end = Lsn.parse(ask(pg, "SELECT pg_current_wal_flush_lsn()"));
    pipeline.flush(Optional.of(end)).get(60, TimeUnit.SECONDS);
  }

  private static String ask(EmbeddedPostgres pg, String sql) throws SQLException {
    try (Connection connection = pg.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void signal(String name, String process) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, process).start().waitFor()).isZero();
  }

  private Optional<TableState> state(String table) {
    return Optional.ofNullable(
        StateCodec.decode(memory.entries()).tables().get(TableName.parse(table)));
  }

  private boolean isMember(String table) {
    return state(table).filter(TableState::isMember).isPresent();
  }

  private boolean isCopying(String table) {
    return state(table).filter(state -> state.phase() == TableState.Phase.COPYING).isPresent();
  }

  private int attempt(String table) {
    return state(table).orElseThrow().attempt();
  }

  private long read(String table) {
    return memory.rows(TableName.parse(table)).stream().filter(row -> row.op() == 'r').count();
  }

  /** The rows that the changes come to. */
  private Map<Integer, String> changes(String table) {
    Map<Integer, String> rows = new TreeMap<>();
    for (CommittedRow row : memory.rows(TableName.parse(table))) {
      if (row.op() == 't') {
        rows.clear();
      } else if (row.op() == 'd') {
        rows.remove(Integer.valueOf(row.values().get("id")));
      } else {
        rows.put(Integer.valueOf(row.values().get("id")), row.values().get("v"));
      }
    }
    return rows;
  }

  private static Map<Integer, String> rows(String url, String table) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery("SELECT id, v FROM " + table)) {
      Map<Integer, String> rows = new TreeMap<>();
      while (found.next()) {
        rows.put(found.getInt(1), found.getString(2));
      }
      return rows;
    }
  }
}
