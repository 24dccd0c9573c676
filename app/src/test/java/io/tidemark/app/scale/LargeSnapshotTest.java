package io.tidemark.app.scale;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.app.Program;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A table of 50 million narrow rows is copied whole while its rows change, in either form, by a
 * program that is killed in the middle. Needs about 7 GB of disk in the temporary folder. {@code
 * -Dtidemark.rows=N} takes another number of rows.
 */
@Tag("long")
class LargeSnapshotTest {
  private static final int ROWS = Integer.getInteger("tidemark.rows", 50_000_000);
  private static final TableName TABLE = new TableName("public", "t");
  private static final long PAUSE_NANOS = 5_000_000;

  /** Depends on every value of every row, and on which values stand in one row. */
  private static final String SUMS =
      "SELECT count(*), sum(id), sum(n), sum(v), bit_xor(id * 1000003 + n), bit_xor(id * 999983 + v),"
          + " sum((id % 100003) * (n % 100019) % 99991), sum((id % 99989) * (v % 100043) % 100049) FROM t";

  @TempDir Path folder;

  /** Changes rows, one in a transaction, until it is closed. */
  private static final class Load implements AutoCloseable {
    private final Thread thread;
    private volatile boolean over;
    private volatile long changes;
    private volatile SQLException failure;

    Load(EmbeddedPostgres server) {
      thread = new Thread(() -> run(server), "load");
      thread.start();
    }

    private void run(EmbeddedPostgres server) {
      Random random = new Random(1);
      try (Connection db = server.connect();
          PreparedStatement update =
              db.prepareStatement("UPDATE t SET n = n + 1, v = v + id % 7 WHERE id = ?");
          PreparedStatement delete = db.prepareStatement("DELETE FROM t WHERE id = ?")) {
        while (!over) {
          PreparedStatement next = random.nextInt(10) == 0 ? delete : update;
          next.setLong(1, 1 + random.nextInt(ROWS));
          changes = changes + next.executeUpdate();
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (SQLException e) {
        failure = e;
      }
    }

    @Override
    public void close() throws Exception {
      over = true;
      thread.join();
      if (failure != null) {
        throw failure;
      }
      assertThat(changes).as("changes while the rows were copied").isPositive();
      System.out.printf("%,d changes meanwhile%n", changes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"P7D", "PT0S"})
  void everyValueOnceThroughAKill(Duration maxHold) throws Exception {
    try (EmbeddedPostgres server =
        EmbeddedPostgres.of(Version.V18)
            .setting("max_wal_size", "1GB")
            .setting("autovacuum", "off")
            .start()) {
      long filling = System.nanoTime();
      server.execute(
          "CREATE TABLE t (id bigint PRIMARY KEY, n int, v bigint)",
          "INSERT INTO t SELECT i, i % 1000, i * 2654435761 % 1000000007 FROM generate_series(1, "
              + ROWS
              + ") i",
          "ANALYZE t");
      say("filled", ROWS, filling);
      Scale scale = new Scale(server, folder, Duration.ofMinutes(60));
      scale.describe(Duration.ofSeconds(1), maxHold);
      try (Load load = new Load(server)) {
        copyThroughAKill(scale, maxHold);
      }
      Lsn end = scale.end();
      try (Program pipeline = scale.start()) {
        scale.await(pipeline, copy -> !copy.tidemark().lsn().isBefore(end));
        Scale.end(pipeline);
      }
      compare(scale);
    }
  }

  private void copyThroughAKill(Scale scale, Duration maxHold) throws Exception {
    try (Program killed = scale.start()) {
      long began = System.nanoTime();
      scale.await(killed, copy -> copied(copy) > ROWS / 3);
      long peak = killed.peakMemory();
      killed.signal("KILL");
      try (LakeCopy copy = scale.open()) {
        assertThat(Scale.members(copy)).as("killed in the middle").isZero();
        say("max-hold " + maxHold + ", until the kill", copied(copy), began);
      }
      say(peak);
    }
    try (Program pipeline = scale.start()) {
      long began = System.nanoTime();
      scale.await(pipeline, copy -> Scale.members(copy) == 1);
      System.out.printf("a member %.1f s after the kill%n", (System.nanoTime() - began) / 1e9);
      say(pipeline.peakMemory());
      try (LakeCopy copy = scale.open()) {
        assertThat(copy.state().tables().get(TABLE).attempt())
            .as("copies begun: ranges that were read are not read again")
            .isEqualTo(maxHold.isZero() ? 1 : 2);
      }
      Scale.end(pipeline);
    }
  }

  /** Rows of the attempt that is running. */
  private static long copied(LakeCopy copy) {
    return copy.state().tables().containsKey(TABLE)
        ? copy.state().tables().get(TABLE).rowsCopied()
        : 0;
  }

  private static void say(String what, long rows, long since) {
    double seconds = (System.nanoTime() - since) / 1e9;
    System.out.printf("%s: %,d rows in %.1f s, %,.0f/s%n", what, rows, seconds, rows / seconds);
  }

  private static void say(long peak) {
    System.out.println("peak of " + (peak >> 20) + " MiB resident");
    assertThat(peak).isLessThan(1L << 30);
  }

  private static void compare(Scale scale) throws SQLException {
    long began = System.nanoTime();
    try (LakeCopy copy = scale.open();
        DuckDbQuery query = scale.query(copy)) {
      assertThat(Scale.one(query, SUMS)).isEqualTo(scale.atSource(SUMS));
      assertThat(
              Scale.one(
                  query,
                  "SELECT count(*) - count(DISTINCT id) FROM t_changes WHERE _op = 'r'"
                      + " AND _lsn >= (SELECT max(_lsn) FROM t_changes WHERE _op = 't')"))
          .as("rows that the copy has twice")
          .isEqualTo("[0]");
    }
    say("compared", ROWS, began);
  }
}
