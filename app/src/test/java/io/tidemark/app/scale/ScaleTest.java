package io.tidemark.app.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.app.Program;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.duckdb.QueryResult;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Much of everything, through the whole program with its usual heap of 512 MiB. */
@Tag("long")
class ScaleTest {
  private static final int TABLES = 2_000;
  private static final long GIB = 1L << 30;
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  @TempDir Path folder;

  @Test
  void twoThousandTablesThatAllChangeWithinOneFlush() throws Exception {
    try (EmbeddedPostgres server =
        EmbeddedPostgres.of(Version.V18).setting("max_locks_per_transaction", "256").start()) {
      server.execute(
          forEachTable("CREATE TABLE t_%s (id int PRIMARY KEY, v text)"),
          forEachTable("INSERT INTO t_%s VALUES (1, ''first'')"));
      describe(server, "5s");
      try (Program pipeline = Program.start(folder, "run", "tidemark.yaml")) {
        await(pipeline, copy -> members(copy) == TABLES);
        server.execute(
            forEachTable("INSERT INTO t_%s SELECT g, ''more'' FROM generate_series(2, 51) g"));
        Lsn end = end(server);
        await(pipeline, copy -> !copy.tidemark().lsn().isBefore(end));
        long peak = pipeline.peakMemory();
        System.out.println("2,000 tables: peak of " + (peak >> 20) + " MiB resident");
        assertThat(peak).isLessThan(GIB);
        end(pipeline);
      }
      try (LakeCopy copy = open();
          DuckDbQuery query = query(copy)) {
        for (int table = 1; table <= TABLES; table++) {
          assertThat(one(query, "SELECT count(*), sum(id), max(v) FROM t_" + table))
              .as("table %s", table)
              .isEqualTo("[51, 1326, more]");
        }
      }
    }
  }

  @Test
  void aTransactionOfFiveMillionRowsOfWhichSomeAreTakenBack() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(Version.V18)) {
      server.execute("CREATE TABLE big (id bigint PRIMARY KEY, v text)");
      describe(server, "2s");
      try (Program pipeline = Program.start(folder, "run", "tidemark.yaml")) {
        await(pipeline, copy -> members(copy) == 1);
        ControlClient control = ControlClient.find(folder.resolve("data")).orElseThrow();
        fiveMillion(server, control);
        Lsn end = end(server);
        await(
            pipeline,
            copy -> {
              assertThat(control.status().state()).isEqualTo("running");
              return !copy.tidemark().lsn().isBefore(end);
            });
        long peak = pipeline.peakMemory();
        System.out.println("5,000,000 rows: peak of " + (peak >> 20) + " MiB resident");
        assertThat(peak).isLessThan(GIB);
        end(pipeline);
      }
      try (LakeCopy copy = open();
          DuckDbQuery query = query(copy)) {
        assertThat(one(query, "SELECT count(*), sum(id), count(DISTINCT id), min(v) FROM big"))
            .isEqualTo("[5000000, 12500002500000, 5000000, kept]");
        assertThat(
                one(
                    query,
                    "SELECT count(*), count(DISTINCT _xid) FROM big_changes WHERE _op = 'c'"))
            .isEqualTo("[5000000, 1]");
      }
    }
  }

  /** Ten parts, each followed by rows that are rolled back to a savepoint. */
  private static void fiveMillion(EmbeddedPostgres server, ControlClient control) throws Exception {
    try (Connection db = server.connect();
        Statement statement = db.createStatement()) {
      db.setAutoCommit(false);
      for (int part = 0; part < 10; part++) {
        statement.execute(
            "INSERT INTO big SELECT g, 'kept' FROM generate_series(%d, %d) g"
                .formatted(part * 500_000 + 1, (part + 1) * 500_000));
        statement.execute("SAVEPOINT taken_back");
        statement.execute(
            "INSERT INTO big SELECT -g, 'a row that is taken back' FROM generate_series(1, 60000) g");
        statement.execute("ROLLBACK TO SAVEPOINT taken_back");
        assertThat(control.status().state()).isEqualTo("running");
      }
      db.commit();
    }
  }

  /** A statement with the number of each table in it, in one transaction. */
  private static String forEachTable(String sql) {
    return "DO $$ BEGIN FOR i IN 1..%d LOOP EXECUTE format('%s', i); END LOOP; END $$"
        .formatted(TABLES, sql);
  }

  private void describe(EmbeddedPostgres server, String interval) throws Exception {
    Files.writeString(
        folder.resolve("tidemark.yaml"),
        """
        data-dir: %s
        flush.interval: %s
        flush.largest-interval: %s
        source:
          type: postgres
          url: %s
          tables.include: public.*
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(
                folder.resolve("data"),
                interval,
                interval,
                server.uri("postgres"),
                folder.resolve("lake")));
  }

  private LakeCopy open() {
    return LakeCopy.open(
        ParquetConfig.of(folder.resolve("lake").toString()),
        List.of(),
        AsOf.LATEST,
        folder.resolve("cache"));
  }

  private DuckDbQuery query(LakeCopy copy) {
    return DuckDbQuery.open(
        copy.tidemark(),
        copy.committedAtMicros(),
        copy.tables(name -> true),
        DuckDbOptions.standard(folder.resolve("scratch")));
  }

  private static String one(DuckDbQuery query, String sql) {
    List<Object> found = new ArrayList<>();
    try (QueryResult result = query.run(sql)) {
      result.forEach(found::addAll);
    }
    return found.toString();
  }

  private static long members(LakeCopy copy) {
    return copy.state().tables().values().stream().filter(state -> state.isMember()).count();
  }

  private void await(Program pipeline, Predicate<LakeCopy> condition) throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos();
    boolean holds = false;
    while (!holds) {
      assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
      assertThat(System.nanoTime()).as(pipeline.said()).isLessThan(until);
      Thread.sleep(500);
      try (LakeCopy copy = open()) {
        holds = condition.test(copy);
      } catch (TidemarkException e) {
        holds = false; // nothing was committed yet
      }
    }
  }

  private static void end(Program pipeline) throws Exception {
    pipeline.signal("TERM");
    assertThat(pipeline.end(30).status()).as(pipeline.said()).isZero();
  }

  private static Lsn end(EmbeddedPostgres server) throws Exception {
    try (Connection db = server.connect();
        Statement statement = db.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_current_wal_lsn()")) {
      row.next();
      return Lsn.parse(row.getString(1));
    }
  }
}
