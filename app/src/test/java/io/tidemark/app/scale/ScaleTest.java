package io.tidemark.app.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.app.Program;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.engine.control.ControlClient;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Much of everything, through the whole program with its usual heap of 512 MiB. */
@Tag("long")
class ScaleTest {
  private static final int TABLES = 2_000;
  private static final long GIB = 1L << 30;
  private static final Duration PATIENCE = Duration.ofMinutes(20);
  private static final Duration MAX_HOLD = Duration.ofMinutes(15);

  @TempDir Path folder;

  @Test
  void twoThousandTablesThatAllChangeWithinOneFlush() throws Exception {
    try (EmbeddedPostgres server =
        EmbeddedPostgres.of(Version.V18).setting("max_locks_per_transaction", "256").start()) {
      server.execute(
          forEachTable("CREATE TABLE t_%s (id int PRIMARY KEY, v text)"),
          forEachTable("INSERT INTO t_%s VALUES (1, ''first'')"));
      Scale scale = new Scale(server, folder, PATIENCE);
      scale.describe(Duration.ofSeconds(5), MAX_HOLD);
      try (Program pipeline = scale.start()) {
        scale.await(pipeline, copy -> Scale.members(copy) == TABLES);
        server.execute(
            forEachTable("INSERT INTO t_%s SELECT g, ''more'' FROM generate_series(2, 51) g"));
        Lsn end = scale.end();
        scale.await(pipeline, copy -> !copy.tidemark().lsn().isBefore(end));
        long peak = pipeline.peakMemory();
        System.out.println("2,000 tables: peak of " + (peak >> 20) + " MiB resident");
        assertThat(peak).isLessThan(GIB);
        Scale.end(pipeline);
      }
      try (LakeCopy copy = scale.open();
          DuckDbQuery query = scale.query(copy)) {
        for (int table = 1; table <= TABLES; table++) {
          assertThat(Scale.one(query, "SELECT count(*), sum(id), max(v) FROM t_" + table))
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
      Scale scale = new Scale(server, folder, PATIENCE);
      scale.describe(Duration.ofSeconds(2), MAX_HOLD);
      try (Program pipeline = scale.start()) {
        scale.await(pipeline, copy -> Scale.members(copy) == 1);
        ControlClient control = ControlClient.find(scale.data()).orElseThrow();
        fiveMillion(server, control);
        Lsn end = scale.end();
        scale.await(
            pipeline,
            copy -> {
              assertThat(control.status().state()).isEqualTo("running");
              return !copy.tidemark().lsn().isBefore(end);
            });
        long peak = pipeline.peakMemory();
        System.out.println("5,000,000 rows: peak of " + (peak >> 20) + " MiB resident");
        assertThat(peak).isLessThan(GIB);
        Scale.end(pipeline);
      }
      try (LakeCopy copy = scale.open();
          DuckDbQuery query = scale.query(copy)) {
        assertThat(
                Scale.one(query, "SELECT count(*), sum(id), count(DISTINCT id), min(v) FROM big"))
            .isEqualTo("[5000000, 12500002500000, 5000000, kept]");
        assertThat(
                Scale.one(
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
}
