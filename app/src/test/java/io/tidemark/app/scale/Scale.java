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
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.state.AsOf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * The whole program with its usual heap of 512 MiB, from a server into a lake in a folder.
 *
 * @param folder of the configuration, the pipeline's data and the lake
 * @param patience for whatever is waited for
 */
record Scale(EmbeddedPostgres server, Path folder, Duration patience) {
  private static final long LOOK_NANOS = 500_000_000;

  /**
   * Writes the configuration.
   *
   * @param maxHold of the snapshot
   */
  void describe(Duration flush, Duration maxHold) throws IOException {
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
          snapshot.max-hold: %s
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(
                data(),
                flush.toSeconds() + "s",
                flush.toSeconds() + "s",
                server.uri("postgres"),
                maxHold.toSeconds() + "s",
                folder.resolve("lake")));
  }

  /** Data folder of the pipeline. */
  Path data() {
    return folder.resolve("data");
  }

  Program start() throws IOException {
    return Program.start(folder, "run", "tidemark.yaml");
  }

  /** The lake as its readers see it now. */
  LakeCopy open() {
    return LakeCopy.open(
        ParquetConfig.of(folder.resolve("lake").toString()),
        List.of(),
        AsOf.LATEST,
        folder.resolve("cache"));
  }

  DuckDbQuery query(LakeCopy copy) {
    return DuckDbQuery.open(
        copy.tidemark(),
        copy.committedAtMicros(),
        copy.tables(name -> true),
        DuckDbOptions.standard(folder.resolve("scratch")));
  }

  /** The one row that a query answers. */
  static String one(DuckDbQuery query, String sql) {
    List<Object> found = new ArrayList<>();
    try (QueryResult result = query.run(sql)) {
      result.forEach(found::addAll);
    }
    return found.toString();
  }

  /** The one row that the source answers. */
  String atSource(String sql) throws SQLException {
    try (Connection db = server.connect();
        Statement statement = db.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      List<String> found = new ArrayList<>();
      for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
        found.add(row.getString(i));
      }
      return found.toString();
    }
  }

  /** End of the source's log. */
  Lsn end() throws SQLException {
    String text = atSource("SELECT pg_current_wal_lsn()");
    return Lsn.parse(text.substring(1, text.length() - 1));
  }

  /** Number of tables that equal the source at the tidemark. */
  static long members(LakeCopy copy) {
    return copy.state().tables().values().stream().filter(state -> state.isMember()).count();
  }

  /** Waits until the lake fulfils a condition; the program must go on running meanwhile. */
  void await(Program pipeline, Predicate<LakeCopy> condition) throws Exception {
    long until = System.nanoTime() + patience.toNanos();
    boolean holds = false;
    while (!holds) {
      assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
      assertThat(System.nanoTime()).as(pipeline.said()).isLessThan(until);
      LockSupport.parkNanos(LOOK_NANOS);
      try (LakeCopy copy = open()) {
        holds = condition.test(copy);
      } catch (TidemarkException e) {
        holds = false; // nothing was committed yet
      }
    }
  }

  /** Ends the program as its owner does. */
  static void end(Program pipeline) throws Exception {
    pipeline.signal("TERM");
    assertThat(pipeline.end(30).status()).as(pipeline.said()).isZero();
  }
}
