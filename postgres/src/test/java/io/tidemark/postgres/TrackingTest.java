package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tables that are dropped, renamed and published anew while the stream is behind the catalog. */
class TrackingTest {
  private static EmbeddedPostgres server;

  @BeforeAll
  static void start() {
    server = EmbeddedPostgres.start(Version.V15);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Capture capture(String database) throws Exception {
    Capture capture = new Capture(server, database);
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 50) i");
    return capture;
  }

  /** Small transactions, one after another, until it is closed: the stream never rests. */
  private static final class Load implements AutoCloseable {
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final Thread thread;

    Load(Capture capture, String sql) {
      thread =
          new Thread(
              () -> {
                try (Connection connection = server.connect(capture.database);
                    Statement statement = connection.createStatement()) {
                  while (!over.get()) {
                    statement.execute(sql);
                  }
                } catch (SQLException e) {
                  failure.set(e);
                }
              });
      thread.start();
    }

    @Override
    public void close() throws Exception {
      over.set(true);
      thread.join();
      if (failure.get() != null) {
        throw failure.get();
      }
    }
  }

  static int attempt(Capture capture, String table) {
    return capture.copy.tables.get(TableName.parse(table)).attempt();
  }

  static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within a minute").isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  static long count(Capture capture, String sql) {
    try (Connection connection = capture.server.connect(capture.database);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Waits until the catalog was looked at and what it shows was taken in, without taking an event:
   * a new table is published by a look, the next one after it comes when that look is over.
   */
  static void awaitLook(Capture capture) throws Exception {
    for (int i = 0; i < 2; i++) {
      String name = "look_" + Long.toHexString(System.nanoTime());
      capture.execute("CREATE TABLE " + name + " (id int PRIMARY KEY)");
      await(
          () ->
              count(
                      capture,
                      "SELECT count(*) FROM pg_publication_tables WHERE tablename = '" + name + "'")
                  == 1);
    }
  }

  @Test
  void aTableDroppedAndMadeAgainUnderLoadIsCopiedAgain() throws Exception {
    try (Capture capture = capture("remade")) {
      capture.execute("CREATE TABLE noise (id bigserial PRIMARY KEY, at timestamptz)");
      capture.open();
      capture.untilMember("t", "noise");
      try (Load load = new Load(capture, "INSERT INTO noise (at) VALUES (now())")) {
        capture.execute(
            "DROP TABLE t",
            "CREATE TABLE t (id int PRIMARY KEY, v text)",
            "INSERT INTO t VALUES (1, 'other')");
        capture.until(() -> attempt(capture, "t") == 2 && capture.phase("t") == Phase.MEMBER);
        capture.execute("INSERT INTO t VALUES (2, 'follows')");
      }
      capture.assertEqual("t", "noise");
    }
  }

  @Test
  void aRowOfATableMadeAgainEndsTheMembershipOfTheOldOne() throws Exception {
    try (Capture capture = capture("remade_row")) {
      // the first look only: what follows is seen in the stream alone
      capture.with("tables.refresh", "1h").open();
      capture.untilMember("t");
      capture.execute(
          "DROP TABLE t",
          "CREATE TABLE t (id int PRIMARY KEY, v text)",
          "ALTER PUBLICATION remade_row ADD TABLE t",
          "INSERT INTO t VALUES (1, 'other')");
      capture.until(() -> attempt(capture, "t") == 2 && capture.phase("t") == Phase.MEMBER);
      capture.execute("UPDATE t SET v = 'again'");
      capture.assertEqual("t");
    }
  }

  @Test
  void aRenamedTableKeepsTheRowsBeforeItsRename() throws Exception {
    try (Capture capture = capture("renamed")) {
      capture.with("queue.memory", "1");
      capture.open();
      capture.untilMember("t");
      capture.catchUp();
      // the first fills the queue; while nobody takes it the second stays in the log
      giveFirst(capture, "INSERT INTO t VALUES (100, 'first')");
      capture.execute("INSERT INTO t VALUES (101, 'second')", "ALTER TABLE t RENAME TO s");
      awaitLook(capture);
      capture.execute("INSERT INTO s VALUES (102, 'under the new name')");
      capture.until(() -> capture.phase("t") == Phase.DETACHED);
      assertThat(capture.copy.current(TableName.parse("t")))
          .hasSize(52)
          .contains("[100, first]", "[101, second]");
      capture.untilMember("s");
      capture.assertEqual("s");
      // a restart knows which of the two names the relation has
      capture.crash();
      capture.execute("INSERT INTO s VALUES (103, 'after a restart')");
      capture.untilMember("s");
      capture.assertEqual("s");
    }
  }

  @Test
  void namesThatAreSwappedTakeTheirRowsAlong() throws Exception {
    try (Capture capture = capture("swapped")) {
      capture.execute(
          "CREATE TABLE u (id int PRIMARY KEY, v text)", "INSERT INTO u VALUES (1, 'u')");
      capture.open();
      capture.untilMember("t", "u");
      capture.execute(
          "ALTER TABLE t RENAME TO x", "ALTER TABLE u RENAME TO t", "ALTER TABLE x RENAME TO u");
      capture.until(
          () ->
              attempt(capture, "t") == 2
                  && attempt(capture, "u") == 2
                  && capture.phase("t") == Phase.MEMBER
                  && capture.phase("u") == Phase.MEMBER);
      capture.execute("INSERT INTO t VALUES (2, 'small')", "DELETE FROM u WHERE id > 10");
      capture.assertEqual("t", "u");
    }
  }

  @Test
  void aTableThatIsNotPublishedAtAStartWaits() throws Exception {
    try (Capture capture = capture("unpublished")) {
      capture.execute("CREATE PUBLICATION made FOR TABLE t");
      capture.with("publication", "made").with("publication.mode", "existing").open();
      capture.untilMember("t");
      capture.source.close();
      capture.execute("ALTER PUBLICATION made DROP TABLE t", "UPDATE t SET v = 'unseen'");
      capture.open();
      capture.until(() -> capture.phase("t") == Phase.WAITING);
      assertThat(capture.copy.tables.get(TableName.parse("t")).reason().orElse(""))
          .contains("not in publication made");
      capture.execute("ALTER PUBLICATION made ADD TABLE t");
      capture.untilMember("t");
      capture.assertEqual("t");
    }
  }

  @Test
  void aTransactionThatIsReadTwiceIsNeverShownHalf() throws Exception {
    try (Capture capture = capture("halves")) {
      capture.with("queue.memory", "1");
      capture.open();
      capture.untilMember("t");
      capture.catchUp();
      giveFirst(capture, "INSERT INTO t SELECT i, 'v' FROM generate_series(1000, 90000) i");
      for (int i = 0; i < 6; i++) {
        int before = capture.copy.open();
        capture.until(() -> capture.copy.open() > before || capture.copy.open() == 0);
        capture.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                + " WHERE slot_name = 'halves'");
        // long enough for a tick of the watch, in which nothing may be shown
        for (int j = 0; j < 20; j++) {
          capture.step();
        }
      }
      capture.assertEqual("t");
      assertThat(capture.copy.rows.get(TableName.parse("t")))
          .filteredOn(row -> row.op() == Op.CREATE)
          .hasSize(89_001);
    }
  }

  /** Runs a statement and waits until the reader has given of it what fits into the queue. */
  private static void giveFirst(Capture capture, String sql) throws Exception {
    long before = capture.source.status().changesCaptured();
    capture.execute(sql);
    await(() -> capture.source.status().changesCaptured() > before);
  }
}
