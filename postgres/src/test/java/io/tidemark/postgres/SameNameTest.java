package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A column goes and another of its name and type comes, at the end of the row, where no event
 * trigger tells it: the stream looks as if nothing had happened. Whatever else happens meanwhile,
 * no value of the one column is ever left to the other.
 */
class SameNameTest {
  private static final String DROP = "ALTER TABLE t DROP COLUMN b";
  private static final String ADD = "ALTER TABLE t ADD COLUMN b int";

  private static Capture capture(String database, String... more) throws Exception {
    Capture capture = Capture.on(Version.V15, database);
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int)",
        "INSERT INTO t SELECT i, 'a' || i, i FROM generate_series(1, 50) i");
    capture.execute(more);
    capture.with("on-ambiguous-rename", "drop-add").open();
    capture.untilMember("t");
    return capture;
  }

  /** The number of the column in the newest form that the copy knows; 0 where it has none. */
  private static int number(Capture capture) {
    return capture
        .copy
        .schemas
        .get(TableName.parse("t"))
        .lastEntry()
        .getValue()
        .column("b")
        .map(column -> column.attnum())
        .orElse(0);
  }

  private static void assertUnderstood(Capture capture, int number) throws Exception {
    capture.until(() -> number(capture) == number && capture.phase("t") == Phase.MEMBER);
    capture.assertEqual("t");
  }

  @Test
  void rowsBeforeAnybodyLooks() throws Exception {
    try (Capture capture = capture("before_look")) {
      capture.execute(
          "UPDATE t SET b = 100 WHERE id < 5", DROP, ADD, "UPDATE t SET b = 1 WHERE id < 10");
      assertUnderstood(capture, 4);
    }
  }

  @Test
  void whileNothingReads() throws Exception {
    try (Capture capture = capture("down")) {
      capture.source.close();
      capture.execute(
          "UPDATE t SET b = 100 WHERE id < 5", DROP, ADD, "UPDATE t SET b = 1 WHERE id < 10");
      capture.open();
      assertUnderstood(capture, 4);
    }
  }

  @Test
  void duringACopy() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "during_copy")) {
      capture.execute(
          "CREATE TABLE a_first (id int PRIMARY KEY)",
          "INSERT INTO a_first VALUES (1)",
          "CREATE TABLE t (id int PRIMARY KEY, a text, b int)",
          "INSERT INTO t SELECT i, 'a' || i, i FROM generate_series(1, 50) i");
      // the only worker waits with the first table, while the snapshot of both stands already
      capture.with("snapshot.workers", "1").with("queue.memory", "1");
      capture.with("on-ambiguous-rename", "drop-add").open();
      capture.execute(
          "UPDATE t SET b = 100 WHERE id < 5", DROP, ADD, "UPDATE t SET b = 1 WHERE id < 10");
      capture.untilMember("a_first");
      assertUnderstood(capture, 4);
    }
  }

  @Test
  void afterACopyThatHasNotCaughtUp() throws Exception {
    try (Capture capture = capture("after_copy")) {
      capture.source.request(new SourceRequest.Recopy(TableName.parse("t")));
      capture.until(() -> capture.copy.readTaken > 50);
      capture.execute(
          "UPDATE t SET b = 100 WHERE id < 5", DROP, ADD, "UPDATE t SET b = 1 WHERE id < 10");
      assertUnderstood(capture, 4);
    }
  }

  @Test
  void rowsBetweenInOneTransaction() throws Exception {
    try (Capture capture = capture("one_transaction")) {
      capture.execute(
          String.join(
              ";",
              "BEGIN",
              "UPDATE t SET b = 100 WHERE id < 5",
              DROP,
              "INSERT INTO t VALUES (60, 'between')",
              ADD,
              "UPDATE t SET b = 1 WHERE id < 10",
              "COMMIT"));
      assertUnderstood(capture, 4);
    }
  }

  @Test
  void rowsBetweenInOneStreamedTransaction() throws Exception {
    try (Capture capture =
        capture(
            "streamed_transaction",
            "ALTER DATABASE streamed_transaction SET logical_decoding_work_mem = '64kB'")) {
      capture.execute(
          String.join(
              ";",
              "BEGIN",
              "INSERT INTO t SELECT i, repeat('s', 100), i FROM generate_series(100, 2000) i",
              DROP,
              "INSERT INTO t SELECT i, repeat('s', 100) FROM generate_series(3000, 5000) i",
              ADD,
              "UPDATE t SET b = 1 WHERE id < 1000",
              "COMMIT"));
      assertUnderstood(capture, 4);
    }
  }

  @Test
  void whatIsTakenBackLeavesTheColumnAlone() throws Exception {
    try (Capture capture = capture("taken_back")) {
      capture.execute(
          String.join(
              ";",
              "BEGIN",
              "UPDATE t SET b = 100 WHERE id < 5",
              "SAVEPOINT s",
              DROP,
              "INSERT INTO t VALUES (60, 'between')",
              ADD,
              "UPDATE t SET b = 1 WHERE id < 10",
              "ROLLBACK TO s",
              "UPDATE t SET b = 2 WHERE id < 3",
              "COMMIT"));
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(1);
    }
  }

  /**
   * The catalog shows the table without the column for a number of looks, then the column is there
   * again, and rows of it come while a look is being taken that does not show it yet.
   */
  @Test
  @Timeout(120)
  void rowsWhileALookIsTaken() throws Exception {
    try (Capture capture =
        capture("looks", "CREATE DOMAIN own AS int", "CREATE TABLE typed (id own PRIMARY KEY)")) {
      int number = 3;
      // two to three looks, each of which asks twice
      for (int steps = 0; steps < 6; steps++) {
        try (Looks looks = new Looks(capture)) {
          looks.awaitNext();
          capture.execute(DROP);
          for (int step = 0; step < steps; step++) {
            looks.step();
          }
          long before = updates(capture);
          capture.execute(ADD, "UPDATE t SET b = " + steps + " WHERE id < 10");
          // where the column was missed already, the stream needs a look too
          while (updates(capture) == before && !isStreamWaiting()) {
            capture.step();
          }
        }
        assertUnderstood(capture, ++number);
      }
    }
  }

  private static long updates(Capture capture) {
    return capture.changes("t").stream().filter(row -> row.op() == Op.UPDATE).count();
  }

  private static boolean isStreamWaiting() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(
            thread ->
                thread.getName().equals("tidemark-stream")
                    && thread.getState() == Thread.State.BLOCKED);
  }

  /**
   * Holds the looks at the catalog up, each after it has read tables and columns: what it asks next
   * is a catalog of types that the server itself does not need.
   */
  private static final class Looks implements AutoCloseable {
    private final Capture capture;
    private Connection holder;

    Looks(Capture capture) throws SQLException {
      this.capture = capture;
      holder = capture.connect();
      lock(holder);
    }

    private static void lock(Connection connection) throws SQLException {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("LOCK TABLE pg_range IN ACCESS EXCLUSIVE MODE");
      }
    }

    /** Waits until a look is held up. */
    void awaitNext() throws InterruptedException {
      capture.awaitWaiting("relation", 1);
    }

    /** Lets the look that is held up pass, and no other. */
    void step() throws Exception {
      Connection next = capture.connect();
      CompletableFuture<Void> locked =
          CompletableFuture.runAsync(
              () -> {
                try {
                  lock(next);
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      capture.awaitWaiting("relation", 2);
      holder.close();
      holder = next;
      locked.join();
      awaitNext();
    }

    @Override
    public void close() throws SQLException {
      holder.close();
    }
  }
}
