package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Rules 6 to 11 of correctness for copies under one snapshot, and what can be configured of them.
 */
class SnapshotRulesTest {
  private static Capture capture(String database) throws SQLException {
    return Capture.on(Version.V15, database).withTable(50);
  }

  /** Two tables of which the copy of the second waits while no event is taken. */
  private static Capture stalled(String database) throws SQLException {
    Capture capture = capture(database);
    capture.execute("CREATE TABLE a_first (id int PRIMARY KEY)", "INSERT INTO a_first VALUES (1)");
    return capture.with("snapshot.workers", "1").with("queue.memory", "1").open();
  }

  @Test
  void aVacuumFullBetweenSnapshotAndCopyCostsTheAttemptOnly() throws Exception {
    try (Capture capture = stalled("vacuumed")) {
      capture.execute("DELETE FROM t WHERE id <= 40", "VACUUM FULL t");
      capture.untilMember("a_first", "t");
      capture.assertEqual("a_first", "t");
      assertThat(capture.attempt("t")).isEqualTo(2);
    }
  }

  @Test
  void aLostHolderCostsTheTablesThatAreNotComplete() throws Exception {
    try (Capture capture = stalled("holder")) {
      capture.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'holder'"
              + " AND application_name = 'tidemark' AND state = 'idle in transaction'",
          "UPDATE t SET v = 'later' WHERE id < 10");
      capture.untilMember("a_first", "t");
      capture.assertEqual("a_first", "t");
      assertThat(capture.attempt("t")).isEqualTo(2);
    }
  }

  @Test
  void aSlotThatWaitsNamesWhoIsInTheWay() throws Exception {
    try (Capture capture = capture("blocked");
        Connection writer = capture.connect();
        Statement statement = writer.createStatement()) {
      writer.setAutoCommit(false);
      statement.execute("SET application_name = 'the blocker'");
      statement.execute("INSERT INTO t VALUES (100, 'open')");
      capture.source = new PostgresSource(capture.config(), Map.of());
      CompletableFuture<Void> opening =
          CompletableFuture.runAsync(() -> capture.source.open(capture.copy.resumePoint()));
      while (!capture.source.status().problem().orElse("").contains("the blocker")) {
        assertThat(opening).isNotDone();
        Thread.onSpinWait();
      }
      writer.commit();
      opening.join();
      capture.untilMember("t");
      capture.assertEqual("t");
    }
  }

  @Test
  void aCommitThatWaitsForAStandbyIsWaitedForByANewTablesCopy() throws Exception {
    try (EmbeddedPostgres own = EmbeddedPostgres.start(Tried.version(Version.V15));
        Capture capture = new Capture(own, "sync")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
      capture.open();
      capture.untilMember("t");
      own.execute(
          "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
      try (Connection local = own.connect("sync");
          Statement statement = local.createStatement()) {
        statement.execute("SET synchronous_commit = local");
        statement.execute("CREATE TABLE late (id int PRIMARY KEY, v text)");
        statement.execute("INSERT INTO late VALUES (1, 'before')");
        CompletableFuture<Void> waiting =
            CompletableFuture.runAsync(
                () -> {
                  try {
                    own.executeIn("sync", "UPDATE late SET v = 'waits'");
                  } catch (SQLException e) {
                    throw new IllegalStateException(e);
                  }
                });
        capture.until(() -> capture.source.status().problem().orElse("").contains("Waiting"));
        assertThat(waiting).isNotDone();
        assertThat(capture.phase("late")).isEqualTo(Phase.WAITING);
        statement.execute("ALTER SYSTEM RESET synchronous_standby_names");
        statement.execute("SELECT pg_reload_conf()");
        waiting.join();
      }
      capture.untilMember("late");
      capture.assertEqual("late", "t");
    }
  }

  @Test
  void aRoleThatAPolicyKeepsRowsFromFailsTheTableByName() throws Exception {
    try (Capture capture = capture("policy")) {
      capture.execute(
          "CREATE ROLE seer LOGIN REPLICATION PASSWORD 'seer'",
          "GRANT SELECT ON t TO seer",
          "CREATE TABLE hidden (id int PRIMARY KEY)",
          "INSERT INTO hidden VALUES (1), (2)",
          "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY",
          "CREATE POLICY half ON hidden USING (id = 1)",
          "GRANT SELECT ON hidden TO seer",
          "CREATE PUBLICATION made FOR TABLE t, hidden",
          "SELECT pg_create_logical_replication_slot('policy', 'pgoutput')");
      capture
          .with("user", "seer")
          .with("password", "seer")
          .with("publication", "made")
          .with("publication.mode", "existing")
          .open();
      capture.untilMember("t");
      capture.until(() -> capture.phase("hidden") == Phase.FAILED);
      assertThat(capture.reason("hidden")).contains("hidden", "BYPASSRLS");
      assertThat(capture.changes("hidden")).extracting(Copy.Row::op).containsExactly(Op.TRUNCATE);
      capture.assertEqual("t");
    }
  }

  @Test
  void anInheritanceParentHasItsOwnRowsAlone() throws Exception {
    try (Capture capture = capture("inherit")) {
      capture.execute(
          "CREATE TABLE parent (id int PRIMARY KEY)",
          "CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent)",
          "INSERT INTO parent VALUES (1), (2)",
          "INSERT INTO child VALUES (3)");
      capture.open();
      capture.untilMember("parent", "child");
      capture.execute("INSERT INTO child VALUES (4)", "INSERT INTO parent VALUES (5)");
      capture.catchUp();
      assertThat(capture.current("parent")).containsExactly("[1]", "[2]", "[5]");
      assertThat(capture.current("child")).containsExactly("[3]", "[4]");
    }
  }

  @Test
  void withoutASnapshotTablesAreFollowedAndNoMembers() throws Exception {
    try (Capture capture = capture("never")) {
      capture.with("snapshot.mode", "never").open();
      capture.execute(
          "INSERT INTO t VALUES (100, 'new')", "CREATE TABLE late (id int PRIMARY KEY)");
      capture.until(() -> capture.phase("late") == Phase.MEMBER);
      capture.execute("INSERT INTO late VALUES (1)");
      capture.catchUp();
      assertThat(capture.changes("t")).extracting(Copy.Row::op).containsExactly(Op.CREATE);
      assertThat(capture.changes("late")).hasSize(1);
      assertThat(capture.state("t").isMember()).isFalse();
      assertThat(capture.state("t").word()).isEqualTo("partial");
      assertThat(capture.reason("late")).contains("snapshot.mode is never");
    }
  }

  @Test
  void aSnapshotAloneEndsWithEveryTableAMemberAndNoChanges() throws Exception {
    try (Capture capture = capture("only")) {
      capture.with("snapshot.mode", "only").open();
      capture.execute("INSERT INTO t VALUES (100, 'after')");
      capture.untilMember("t");
      assertThat(capture.current("t")).hasSize(50);
      assertThat(capture.state("t").isMember()).isTrue();
    }
  }

  @Test
  void aRowFilterLeavesRowsOutOfTheCopyOfItsTableAlone() throws Exception {
    for (String form : new String[] {"15m", "0s"}) {
      try (Capture capture = capture("filter" + form)) {
        capture.execute(
            "CREATE TABLE other (id int PRIMARY KEY)", "INSERT INTO other VALUES (1), (100)");
        capture
            .with("snapshot.row-filter", Map.of("public.t", "id > 40"))
            .with("snapshot.max-hold", form)
            .with("snapshot.chunk-rows", "3")
            .open();
        capture.untilMember("t", "other");
        assertThat(capture.current("t")).hasSize(10);
        capture.assertEqual("other");
        capture.execute("INSERT INTO t VALUES (0, 'later')");
        capture.catchUp();
        assertThat(capture.current("t")).hasSize(11).contains("[0, later]");
      }
    }
  }

  @Test
  void aPartialTableSaysSo() throws Exception {
    try (Capture capture = capture("partial")) {
      capture.execute("CREATE TABLE plain (a int)", "INSERT INTO plain VALUES (1)");
      capture.open();
      capture.untilMember("t");
      capture.until(() -> capture.phase("plain") == Phase.MEMBER);
      assertThat(capture.state("t").isMember()).isTrue();
      assertThat(capture.state("plain").isMember()).isFalse();
      assertThat(capture.state("plain").word()).isEqualTo("partial");
    }
  }
}
