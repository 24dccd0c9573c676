package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Copies in key ranges, each range under a short snapshot of its own, beside a stream of changes.
 */
class KeyCopyTest {
  /** A source that copies every keyed table in ranges of a few rows. */
  private static Capture capture(String database, int rows) throws SQLException {
    Capture capture = Capture.on(Version.V18, database);
    capture
        .with("snapshot.max-hold", "0s")
        .with("snapshot.chunk-rows", "20")
        .with("snapshot.workers", "2");
    capture.execute(
        // transactions in progress are streamed soon
        "ALTER DATABASE " + database + " SET logical_decoding_work_mem = '64kB'",
        "CREATE TABLE t (id bigint PRIMARY KEY, n int, v text)",
        "INSERT INTO t SELECT i * 10, i, 'v' || i FROM generate_series(1, " + rows + ") i");
    return capture;
  }

  /**
   * Takes events until the rows of some more ranges have come. The queue has no room, so that the
   * readers are ahead of that by their number at most.
   */
  private static void untilRanges(Capture capture, int count) throws InterruptedException {
    long before = capture.copy.readTaken;
    capture.until(() -> capture.copy.readTaken - before >= count * 20L);
  }

  private static long read(Capture capture) {
    return capture.changes("t").stream().filter(row -> row.op() == Op.READ).count();
  }

  @Test
  void finishedRangesAreNotReadAgainAfterAKill() throws Exception {
    try (Capture capture = capture("k_kill", 4000)) {
      capture.with("queue.memory", "1").open();
      for (int kill = 1; kill <= 3; kill++) {
        untilRanges(capture, 30);
        capture.crash();
        assertThat(capture.changes("t").size()).isLessThan(4000);
      }
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(read(capture)).as("rows read").isEqualTo(4000);
      assertThat(
              capture.changes("t").stream()
                  .filter(row -> row.op() == Op.READ)
                  .map(Copy.Row::ordinal))
          .doesNotHaveDuplicates();
      assertThat(
              capture.changes("t").stream()
                  .filter(row -> row.op() == Op.READ)
                  .collect(
                      Collectors.groupingBy(row -> row.ordinal() / 4096, Collectors.counting()))
                  .values())
          .as("rows of each range")
          .allMatch(rows -> rows <= 20);
      assertThat(capture.attempt("t")).isEqualTo(1);
      assertThat(capture.copy.notes).doesNotContainKey("keys/public.t");
    }
  }

  @Test
  void changesOfEveryKindInReadAndUnreadRangesCountOnce() throws Exception {
    try (Capture capture = capture("k_kinds", 2000)) {
      capture.with("queue.memory", "1").open();
      untilRanges(capture, 20);
      capture.execute(
          "UPDATE t SET v = 'low' WHERE id <= 100",
          "UPDATE t SET v = 'high' WHERE id >= 19000",
          "DELETE FROM t WHERE id IN (110, 19500)",
          "INSERT INTO t VALUES (111, 1, 'new'), (19501, 2, 'new')",
          // out of a read range into an unread one, the other way round, and within one
          "UPDATE t SET id = 19502 WHERE id = 120",
          "UPDATE t SET id = 121 WHERE id = 19600",
          "UPDATE t SET id = 131 WHERE id = 130");
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(1);
    }
  }

  @Test
  void anUnchangedLargeValueIsFoundInTheRangeThatWasRead() throws Exception {
    try (Capture capture = capture("k_toast", 10)) {
      capture.execute(
          "DROP TABLE t",
          "CREATE TABLE t (id int PRIMARY KEY, n int, doc text)",
          "ALTER TABLE t ALTER COLUMN doc SET STORAGE EXTERNAL",
          "INSERT INTO t SELECT i, i, string_agg(md5(random()::text), '') FROM"
              + " generate_series(1, 1500) i, generate_series(1, 80) j GROUP BY i");
      capture.with("queue.memory", "1").open();
      untilRanges(capture, 20);
      capture.execute(
          "UPDATE t SET n = n + 1", "UPDATE t SET id = 2000 WHERE id = 5", "UPDATE t SET n = -n");
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(capture.changes("t")).anyMatch(row -> !row.unchanged().isEmpty());
    }
  }

  @Test
  void aLargeValueThatIsHeldNowhereCostsTheAttemptAndTheForm() throws Exception {
    try (Capture capture = capture("k_moved", 10)) {
      capture.execute(
          "DROP TABLE t",
          "CREATE TABLE t (id int PRIMARY KEY, n int, doc text)",
          "ALTER TABLE t ALTER COLUMN doc SET STORAGE EXTERNAL",
          "INSERT INTO t SELECT i, i, string_agg(md5(random()::text), '') FROM"
              + " generate_series(1, 1500) i, generate_series(1, 80) j GROUP BY i");
      capture.with("queue.memory", "1").open();
      untilRanges(capture, 20);
      // from where nothing was read to where everything was
      capture.execute("UPDATE t SET id = -1 WHERE id = 1500");
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(2);
    }
  }

  @Test
  void aTruncateOrAnAlteredColumnBeginsTheCopyAgain() throws Exception {
    try (Capture capture = capture("k_again", 3000)) {
      capture.with("queue.memory", "1").open();
      untilRanges(capture, 20);
      capture.execute(
          "TRUNCATE t", "INSERT INTO t SELECT i, i, 'x' FROM generate_series(1, 3000) i");
      capture.until(() -> capture.attempt("t") == 2);
      untilRanges(capture, 20);
      capture.execute("ALTER TABLE t ALTER COLUMN n TYPE int USING n + 1");
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(3);
    }
  }

  @Test
  void aVacuumFullDuringTheCopyChangesNothing() throws Exception {
    try (Capture capture = capture("k_vacuum", 3000)) {
      capture.with("queue.memory", "1").open();
      untilRanges(capture, 20);
      capture.execute("DELETE FROM t WHERE id % 30 = 0", "VACUUM FULL t");
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(1);
    }
  }

  @Test
  void aCommitThatWaitsForAStandbyIsNeitherLostNorDoubled() throws Exception {
    try (EmbeddedPostgres own = EmbeddedPostgres.start(Tried.version(Version.V15));
        Capture capture = new Capture(own, "k_sync")) {
      capture
          .with("snapshot.max-hold", "0s")
          .with("snapshot.chunk-rows", "20")
          .with("queue.memory", "1");
      capture.execute(
          "CREATE TABLE t (id bigint PRIMARY KEY, n int, v text)",
          "INSERT INTO t SELECT i * 10, i, 'v' || i FROM generate_series(1, 3000) i");
      capture.open();
      untilRanges(capture, 20);
      own.execute(
          "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
      CompletableFuture<Void> commit =
          CompletableFuture.runAsync(
              () -> {
                try {
                  own.executeIn("k_sync", "UPDATE t SET n = -n");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      // its commit is in the log and comes in the stream, and no snapshot shows it
      capture.until(() -> capture.changes("t").stream().anyMatch(row -> row.op() == Op.UPDATE));
      capture.rest();
      assertThat(commit).isNotDone();
      assertThat(capture.phase("t")).isEqualTo(Phase.COPYING);
      capture.crash();
      capture.rest();
      assertThat(capture.phase("t")).isEqualTo(Phase.COPYING);
      try (Connection connection = own.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("SET synchronous_commit = local");
        statement.execute("ALTER SYSTEM RESET synchronous_standby_names");
        statement.execute("SELECT pg_reload_conf()");
      }
      capture.untilMember("t");
      commit.join();
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(1);
    }
  }

  @Test
  void aTransactionOpenWhileItsTableIsPublishedIsNotHalved() throws Exception {
    try (Capture capture = capture("k_late", 50)) {
      capture.open();
      capture.untilMember("t");
      try (Connection writer = capture.connect();
          Statement statement = writer.createStatement()) {
        statement.execute("CREATE TABLE late (id int PRIMARY KEY)");
        statement.execute("INSERT INTO late SELECT generate_series(100, 300)");
        writer.setAutoCommit(false);
        statement.execute("INSERT INTO late VALUES (1)");
        capture.until(() -> capture.isPublished("late"));
        capture.rest();
        statement.execute("INSERT INTO late VALUES (2)");
        writer.commit();
      }
      capture.untilMember("late");
      capture.execute("INSERT INTO late VALUES (3)");
      capture.assertEqual("late", "t");
    }
  }

  @Test
  void aCrashOfTheServerTakesBackNothingThatWasRead() throws Exception {
    try (EmbeddedPostgres own = EmbeddedPostgres.start(Tried.version(Version.V18));
        Capture capture = new Capture(own, "k_crash")) {
      capture
          .with("snapshot.max-hold", "0s")
          .with("snapshot.chunk-rows", "20")
          .with("queue.memory", "1");
      capture.execute(
          "ALTER DATABASE k_crash SET synchronous_commit = off",
          "CREATE TABLE t (id bigint PRIMARY KEY, n int, v text)",
          "INSERT INTO t SELECT i * 10, i, 'v' || i FROM generate_series(1, 3000) i");
      capture.open();
      for (int crash = 1; crash <= 3; crash++) {
        untilRanges(capture, 20);
        try (Connection writer = own.connect("k_crash");
            Statement statement = writer.createStatement()) {
          // some of these commits are not on disk when the server dies
          for (int i = 0; i < 50; i++) {
            statement.execute("UPDATE t SET n = n + 1 WHERE id % 70 = " + i);
            capture.step();
          }
        }
        own.kill();
        own.restart();
      }
      capture.untilMember("t");
      capture.assertEqual("t");
    }
  }

  @Test
  void everyKindOfKeyKeepsItsOrder() throws Exception {
    List<String> keys =
        List.of(
            "u uuid PRIMARY KEY DEFAULT gen_random_uuid()",
            "s smallint, u int, PRIMARY KEY (u, s)",
            "u text COLLATE \"C\" PRIMARY KEY",
            "u bytea PRIMARY KEY",
            "u timestamptz PRIMARY KEY",
            "u date, s timestamp, PRIMARY KEY (s, u)");
    List<String> values =
        List.of(
            "gen_random_uuid()",
            "i % 7, i / 7 - 100",
            "chr(65 + i % 50) || '''' || chr(256 + i) || i",
            "decode(md5(i::text), 'hex')",
            "timestamptz '1999-12-31 23:00+01' + i * interval '1 day'",
            "date '1969-01-01' + i, timestamp '1970-01-01' - i * interval '1 hour'");
    try (Capture capture = capture("k_keys", 50)) {
      for (int k = 0; k < keys.size(); k++) {
        capture.execute(
            "CREATE TABLE key" + k + " (" + keys.get(k) + ", v int)",
            "INSERT INTO key"
                + k
                + " SELECT "
                + values.get(k)
                + ", i FROM generate_series(1, 300) i");
      }
      capture.open();
      for (int k = 0; k < keys.size(); k++) {
        String table = "key" + k;
        capture.execute(
            "UPDATE " + table + " SET v = -v WHERE v % 3 = 0",
            "DELETE FROM " + table + " WHERE v % 10 = 1");
      }
      for (int k = 0; k < keys.size(); k++) {
        capture.untilMember("key" + k);
        capture.assertEqual("key" + k);
        assertThat(capture.copy.notes)
            .as("ledger is gone")
            .doesNotContainKey("keys/public.key" + k);
      }
    }
  }
}
