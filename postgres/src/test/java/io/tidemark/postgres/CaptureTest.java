package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.embedded.Version;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * From the first copy through changes, crashes and lost connections: the copy equals the source.
 */
class CaptureTest {
  @Test
  void copiesRowsAndFollowsEveryKindOfChange() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "kinds")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, name text, amount numeric(12,2), at timestamptz)",
          "INSERT INTO t SELECT i, 'n' || i, i * 1.25, now() FROM generate_series(1, 1000) i",
          "CREATE TABLE empty (id bigint PRIMARY KEY)",
          "CREATE TABLE nokey (a int, b text)",
          "ALTER TABLE nokey REPLICA IDENTITY FULL",
          "INSERT INTO nokey SELECT 1, 'twice' FROM generate_series(1, 2)");
      capture.open();
      capture.untilMember("t", "empty", "nokey");
      capture.assertEqual("t", "empty", "nokey");
      capture.execute(
          "INSERT INTO t VALUES (2000, NULL, NULL, NULL)",
          "UPDATE t SET name = 'changed' WHERE id < 10",
          "UPDATE t SET id = 3000 WHERE id = 5",
          "DELETE FROM t WHERE id BETWEEN 500 AND 600",
          "DELETE FROM nokey WHERE ctid = (SELECT min(ctid) FROM nokey)",
          "UPDATE nokey SET b = 'other'",
          "INSERT INTO empty VALUES (1), (2)");
      capture.assertEqual("t", "empty", "nokey");
      capture.execute("TRUNCATE t", "INSERT INTO t VALUES (7, 'after', 1, now())");
      capture.assertEqual("t");
    }
  }

  @Test
  void goesOnAfterACrashWhereTheCopyStands() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "crash")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v int)",
          "INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i");
      capture.open();
      capture.untilMember("t");
      for (int round = 1; round <= 5; round++) {
        capture.execute(
            "UPDATE t SET v = " + round + " WHERE id % 3 = 0",
            "INSERT INTO t VALUES (" + (1000 + round) + ", 1)");
        if (round % 2 == 0) {
          capture.step();
        }
        capture.crash();
        capture.execute("UPDATE t SET v = -v WHERE id % 7 = 0");
      }
      capture.assertEqual("t");
      assertThat(capture.changes("t")).filteredOn(row -> row.op() == Op.READ).hasSize(100);
    }
  }

  @Test
  void copiesATableThatAppearsWhileOthersAreFollowed() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "appears")) {
      capture.execute("CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1)");
      capture.open();
      capture.untilMember("a");
      capture.execute(
          "CREATE TABLE b (id int PRIMARY KEY, v text)",
          "INSERT INTO b SELECT i, 'x' FROM generate_series(1, 500) i",
          "INSERT INTO a VALUES (2)");
      capture.untilMember("b");
      capture.execute("UPDATE b SET v = 'y' WHERE id < 100", "DELETE FROM a WHERE id = 1");
      capture.assertEqual("a", "b");
      capture.execute("DROP TABLE b");
      capture.until(() -> capture.phase("b") == Phase.DETACHED);
      assertThat(capture.phase("a")).isEqualTo(Phase.MEMBER);
    }
  }

  @Test
  void onlyCopiesWhatIsThereAndEndsWithoutATrace() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "only")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v int)",
          "INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i",
          "CREATE TABLE empty (id int PRIMARY KEY)");
      capture.with("snapshot.mode", "only").open();
      untilEnd(capture);
      assertThat(capture.phase("t")).isEqualTo(Phase.MEMBER);
      assertThat(capture.phase("empty")).isEqualTo(Phase.MEMBER);
      assertThat(capture.current("t")).isEqualTo(capture.sourceRows("t", "*"));
      capture.source.close();
      capture.execute(
          "CREATE TABLE late (id int PRIMARY KEY)",
          "INSERT INTO late VALUES (1)",
          "UPDATE t SET v = 1");
      capture.open();
      untilEnd(capture);
      assertThat(capture.current("late")).containsExactly("[1]");
      assertThat(capture.current("t")).contains("[1, 0]");
      assertThat(capture.sourceRows("pg_catalog.pg_replication_slots", "slot_name, database"))
          .noneMatch(slot -> slot.contains("only"));
    }
  }

  private static void untilEnd(Capture capture) throws InterruptedException {
    AtomicBoolean ended = new AtomicBoolean();
    capture.until(
        () -> {
          try {
            SourceEvent event = capture.source.poll(Duration.ofMillis(50));
            while (event != null && !(event instanceof SourceEvent.End)) {
              capture.copy.take(event);
              event = capture.source.poll(Duration.ofMillis(50));
            }
            ended.set(event != null);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return ended.get();
        });
  }

  @Test
  void readsOnAfterItsConnectionWasCut() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "cut")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v int)",
          "INSERT INTO t SELECT i, 0 FROM generate_series(1, 100) i");
      capture.open();
      capture.untilMember("t");
      for (int round = 1; round <= 4; round++) {
        capture.execute(
            "UPDATE t SET v = v + 1",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE application_name = 'tidemark' AND datname = 'cut'",
            "INSERT INTO t VALUES (" + (1000 + round) + ", 1)");
      }
      capture.assertEqual("t");
    }
  }
}
