package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.EventTrigger;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Tables that are dropped, renamed and published anew while the stream is behind the catalog. */
class TrackingTest {
  private static Capture capture(String database) throws Exception {
    return Capture.on(Version.V15, database).withTable(50);
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
                try (Connection connection = capture.connect();
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
        capture.untilCopied("t", 2);
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
      capture.untilCopied("t", 2);
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
      capture.giveFirst("INSERT INTO t VALUES (100, 'first')");
      capture.execute("INSERT INTO t VALUES (101, 'second')", "ALTER TABLE t RENAME TO s");
      capture.awaitLook();
      capture.execute("INSERT INTO s VALUES (102, 'under the new name')");
      capture.until(() -> capture.phase("t") == Phase.DETACHED);
      assertThat(capture.current("t")).hasSize(52).contains("[100, first]", "[101, second]");
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
  void aTableAlteredAndRenamedWhileNothingReadsKeepsTheRowsBefore() throws Exception {
    try (Capture capture = capture("renamed_down")) {
      capture.open();
      capture.untilMember("t");
      capture.catchUp();
      capture.source.close();
      capture.execute(
          "ALTER TABLE t ADD COLUMN c int DEFAULT 5",
          "INSERT INTO t VALUES (100, 'before', 6)",
          "ALTER TABLE t RENAME TO s",
          "INSERT INTO s VALUES (101, 'under the new name', 7)");
      capture.open();
      capture.until(() -> capture.phase("t") == Phase.DETACHED);
      assertThat(capture.current("t")).hasSize(51).contains("[1, v1, 5]", "[100, before, 6]");
      capture.untilMember("s");
      capture.execute("INSERT INTO s VALUES (102, 'after', 8)");
      capture.assertEqual("s");
    }
  }

  @Test
  void whatTheEventTriggerSaysOfTablesThatAreGoneIsTakenAfterARestart() throws Exception {
    try (Capture capture = capture("gone_down")) {
      capture.execute(
          "CREATE TABLE remade (id int PRIMARY KEY)",
          "INSERT INTO remade VALUES (1)",
          "CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id)",
          "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
          "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)",
          "INSERT INTO p VALUES (1), (2)");
      capture.execute(EventTrigger.sql());
      capture.open();
      capture.untilMember("t", "remade", "p");
      capture.catchUp();
      capture.source.close();
      capture.execute(
          "ALTER TABLE t ADD COLUMN c int DEFAULT 5",
          "INSERT INTO t VALUES (100, 'before', 6)",
          "DROP TABLE t",
          "DROP TABLE p1",
          "CREATE TABLE p3 PARTITION OF p FOR VALUES IN (3)",
          "INSERT INTO p VALUES (3)",
          "DROP TABLE p",
          "ALTER TABLE remade ADD COLUMN c int",
          "DROP TABLE remade",
          "CREATE TABLE remade (id int PRIMARY KEY, d int)",
          "INSERT INTO remade VALUES (2, 3)");
      capture.open();
      capture.until(
          () -> capture.phase("t") == Phase.DETACHED && capture.phase("p") == Phase.DETACHED);
      assertThat(capture.current("t")).hasSize(51).contains("[1, v1, 5]", "[100, before, 6]");
      assertThat(capture.current("p")).containsExactly("[2]", "[3]");
      capture.until(() -> capture.attempt("remade") == 2);
      capture.untilMember("remade");
      capture.execute("INSERT INTO remade VALUES (4, 5)");
      capture.assertEqual("remade");
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
              capture.attempt("t") == 2
                  && capture.attempt("u") == 2
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
      assertThat(capture.reason("t")).contains("not in publication made");
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
      capture.giveFirst("INSERT INTO t SELECT i, 'v' FROM generate_series(1000, 90000) i");
      for (int i = 0; i < 6; i++) {
        int before = capture.copy.open();
        capture.until(() -> capture.copy.open() > before || capture.copy.open() == 0);
        capture.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                + " WHERE slot_name = 'halves'");
        // nothing may be shown at a tick of the watch
        capture.rest();
      }
      capture.assertEqual("t");
      assertThat(capture.changes("t")).filteredOn(row -> row.op() == Op.CREATE).hasSize(89_001);
    }
  }

  @Test
  void aCopyWhoseConnectionIsLostBeforeItBeginsIsBegunAgain() throws Exception {
    try (Capture capture = capture("lostround");
        Connection first = capture.connect();
        Connection second = capture.connect();
        Connection third = capture.connect();
        Statement one = first.createStatement();
        Statement two = second.createStatement();
        Statement locked = third.createStatement()) {
      capture.execute("CREATE TABLE u (id int PRIMARY KEY)", "INSERT INTO u VALUES (1)");
      capture.open();
      capture.untilMember("t", "u");
      first.setAutoCommit(false);
      second.setAutoCommit(false);
      third.setAutoCommit(false);
      one.execute("SELECT pg_current_xact_id()");
      // seen by one look, so both tables are in one round
      capture.execute("ALTER PUBLICATION lostround SET (publish = 'insert, update, delete')");
      // the slot of the round waits for the first, then for the second, and not for the third,
      // which has the round stop at the second table when the first has been begun
      capture.awaitWaiting("transactionid", 1);
      two.execute("SELECT pg_current_xact_id()");
      first.commit();
      capture.awaitWaiting("transactionid", 1);
      locked.execute("LOCK TABLE u");
      second.commit();
      capture.awaitWaiting("relation", 1);
      capture.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_locks"
              + " WHERE NOT granted AND locktype = 'relation'");
      third.rollback();
      capture.until(() -> capture.attempt("t") > 1 && capture.attempt("u") > 1);
      capture.untilMember("t", "u");
      capture.assertEqual("t", "u");
      String left =
          "SELECT count(*) FROM pg_stat_activity WHERE datname = 'lostround'"
              + " AND state = 'idle in transaction' AND application_name = 'tidemark'";
      capture.await(() -> capture.ask(left).equals("0"));
    }
  }

  @Test
  void aConnectionLostAtADdlMessageCostsNoTable() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "ddlcut")) {
      capture.execute("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
      capture.execute(EventTrigger.sql());
      capture.with("queue.memory", "1").open();
      capture.untilMember("t");
      capture.catchUp();
      // the stream stands before the message, and goes on where no other session can be had
      capture.giveFirst("INSERT INTO t VALUES (2)");
      capture.execute("ALTER TABLE t ADD COLUMN c int DEFAULT 5", "INSERT INTO t VALUES (3, 4)");
      capture.server.execute(
          "ALTER DATABASE ddlcut ALLOW_CONNECTIONS false",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ddlcut'"
              + " AND application_name = 'tidemark' AND backend_type = 'client backend'");
      capture.rest();
      capture.server.execute("ALTER DATABASE ddlcut ALLOW_CONNECTIONS true");
      capture.assertEqual("t");
      assertThat(capture.phase("t")).isEqualTo(Phase.MEMBER);
      assertThat(capture.attempt("t")).isEqualTo(1);
    }
  }

  @Test
  void progressIsToldOnceForEachStep() throws Exception {
    EventQueue queue = new EventQueue(1 << 20);
    TableBook book = new TableBook(queue);
    TrackedTable table = book.add(TableName.parse("t"), 1, Optional.empty());
    table.state =
        new TableState(Phase.COPYING, 1, Optional.empty(), 10, -1, io.tidemark.api.model.Lsn.ZERO);
    for (int i = 0; i < 50; i++) {
      new CopyBook(book).tellProgress();
    }
    int told = 0;
    while (queue.poll(Duration.ZERO) != null) {
      told++;
    }
    assertThat(told).as("the table itself and one step of its copy").isEqualTo(2);
  }

  @Test
  void whatAPublicationLeftOutForAWhileIsCopiedAgain() throws Exception {
    try (Capture capture = capture("publishes")) {
      // no look comes in between
      capture.with("tables.refresh", "2s").open();
      capture.untilMember("t");
      capture.execute(
          "ALTER PUBLICATION publishes SET (publish = 'insert')",
          "UPDATE t SET v = 'unseen' WHERE id < 20",
          "ALTER PUBLICATION publishes SET (publish = 'insert, update, delete, truncate')",
          "INSERT INTO t VALUES (100, 'seen')");
      capture.untilCopied("t", 2);
      capture.assertEqual("t");
      try (Connection connection = capture.connect();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("DROP PUBLICATION publishes");
        statement.execute("CREATE PUBLICATION publishes FOR TABLE t");
        connection.commit();
      }
      capture.untilCopied("t", 3);
      capture.execute("UPDATE t SET v = 'after' WHERE id > 40");
      capture.assertEqual("t");
    }
  }

  @Test
  void aTableThatBecomesLoggedIsCopied() throws Exception {
    try (Capture capture = capture("logged")) {
      capture.execute("CREATE UNLOGGED TABLE u (id int PRIMARY KEY)", "INSERT INTO u VALUES (1)");
      capture.open();
      capture.untilMember("t");
      capture.execute("ALTER TABLE u SET LOGGED", "INSERT INTO u VALUES (2)");
      capture.untilMember("u");
      capture.execute("INSERT INTO u VALUES (3)", "DELETE FROM u WHERE id = 1");
      capture.assertEqual("u", "t");
    }
  }

  @Test
  void aTruncateTakesAllTablesThatItCascadesTo() throws Exception {
    try (Capture capture = capture("cascade")) {
      capture.execute(
          "CREATE TABLE child (id int PRIMARY KEY, t int REFERENCES t)",
          "INSERT INTO child SELECT i, i FROM generate_series(1, 20) i",
          "CREATE TABLE bystander (id int PRIMARY KEY)",
          "INSERT INTO bystander VALUES (1)");
      capture.open();
      capture.untilMember("t", "child", "bystander");
      capture.execute(
          "TRUNCATE t CASCADE",
          "INSERT INTO t VALUES (7, 'after')",
          "INSERT INTO child VALUES (1, 7)",
          "BEGIN; INSERT INTO bystander VALUES (2); TRUNCATE t, child, bystander;"
              + " INSERT INTO t VALUES (8, 'in the same one'); COMMIT");
      capture.assertEqual("t", "child", "bystander");
    }
  }
}
