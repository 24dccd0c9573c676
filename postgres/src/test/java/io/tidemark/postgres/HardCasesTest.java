package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ways to lose or double data silently that correctness.md names, each driven for real. */
class HardCasesTest {
  private static Capture capture(String database) throws Exception {
    return Capture.on(Version.V18, database).withTable(50);
  }

  @Test
  void aTransactionOpenWhileItsTableIsPublishedIsNotHalved() throws Exception {
    try (Capture capture = capture("rule11")) {
      capture.open();
      capture.untilMember("t");
      try (Connection writer = capture.connect();
          Statement statement = writer.createStatement()) {
        statement.execute("CREATE TABLE late (id int PRIMARY KEY)");
        writer.setAutoCommit(false);
        statement.execute("INSERT INTO late VALUES (1)");
        capture.until(() -> capture.isPublished("late"));
        // its copy waits for this transaction
        capture.awaitWaiting("transactionid", 1);
        statement.execute("INSERT INTO late VALUES (2)");
        writer.commit();
      }
      capture.untilMember("late");
      capture.execute("INSERT INTO late VALUES (3)");
      capture.assertEqual("late", "t");
    }
  }

  @Test
  void aTableTakenOutOfThePublicationAndPutBackIsCopiedAgain() throws Exception {
    try (Capture capture = capture("rule12")) {
      capture.open();
      capture.untilMember("t");
      capture.execute(
          "ALTER PUBLICATION rule12 DROP TABLE t",
          "UPDATE t SET v = 'unseen' WHERE id < 20",
          "ALTER PUBLICATION rule12 ADD TABLE t",
          "INSERT INTO t VALUES (100, 'seen')");
      capture.untilCopied("t", 2);
      capture.assertEqual("t");
    }
  }

  @Test
  void theSameWhileNobodyWatched() throws Exception {
    try (Capture capture = capture("rule12b")) {
      capture.open();
      capture.untilMember("t");
      capture.source.close();
      capture.execute(
          "ALTER PUBLICATION rule12b DROP TABLE t",
          "UPDATE t SET v = 'unseen' WHERE id < 20",
          "ALTER PUBLICATION rule12b ADD TABLE t");
      capture.open();
      capture.untilCopied("t", 2);
      capture.assertEqual("t");
    }
  }

  @Test
  void aStatementOfTheOwnerNeverFailsForWantOfAnIdentity() throws Exception {
    try (Capture capture = capture("rule21")) {
      capture.execute("CREATE TABLE plain (a int)", "INSERT INTO plain VALUES (1)");
      capture.open();
      capture.untilMember("t", "plain");
      capture.execute(
          "UPDATE plain SET a = 2", "DELETE FROM plain", "INSERT INTO plain VALUES (3)");
      capture.catchUp();
      assertThat(capture.changes("plain"))
          .extracting(Copy.Row::op)
          .containsExactlyInAnyOrder(Op.TRUNCATE, Op.READ, Op.CREATE);
      assertThat(capture.reason("plain")).contains("replica identity");
    }
  }

  @Test
  void aGeneratedColumnComesWhereTheServerPublishesIt() throws Exception {
    Tried.needs(Tried.version(Version.V18), Version.V18);
    try (Capture capture = capture("gen")) {
      capture.execute(
          "CREATE TABLE g (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED)",
          "INSERT INTO g VALUES (1), (2)");
      capture.open();
      capture.untilMember("g");
      capture.execute("INSERT INTO g VALUES (3)", "UPDATE g SET id = 4 WHERE id = 1");
      capture.assertEqual("g");
    }
  }

  @Test
  void aTruncateBetweenSnapshotAndCopyCostsTheAttemptOnly() throws Exception {
    try (Capture capture = capture("rule8")) {
      capture.execute(
          "CREATE TABLE a_first (id int PRIMARY KEY)",
          "INSERT INTO a_first VALUES (1)",
          "CREATE TABLE cut (id int PRIMARY KEY)",
          "INSERT INTO cut VALUES (1)");
      // no room in the queue: the only worker waits with the first table until events are taken,
      // while the snapshot of all tables stands already
      capture.with("snapshot.workers", "1").with("queue.memory", "1");
      capture.open();
      capture.execute("TRUNCATE cut", "INSERT INTO cut VALUES (2)");
      capture.untilMember("a_first", "cut", "t");
      capture.assertEqual("a_first", "cut", "t");
      assertThat(capture.attempt("cut")).isGreaterThan(1);
      assertThat(capture.attempt("t")).isEqualTo(1);
    }
  }

  @Test
  void unchangedToastIsToldUnderEveryIdentity() throws Exception {
    List<String> identities = List.of("DEFAULT", "USING INDEX by_code", "FULL", "NOTHING");
    for (String identity : identities) {
      try (Capture capture = Capture.on(Version.V18, "toast" + identities.indexOf(identity))) {
        capture.execute(
            "CREATE TABLE big (id int PRIMARY KEY, code int NOT NULL, n int, doc text)",
            "CREATE UNIQUE INDEX by_code ON big (code)",
            "ALTER TABLE big ALTER COLUMN doc SET STORAGE EXTERNAL",
            "ALTER TABLE big REPLICA IDENTITY " + identity,
            "INSERT INTO big SELECT i, i + 10, i, string_agg(md5(random()::text), '') FROM"
                + " generate_series(1, 5) i, generate_series(1, 200) j GROUP BY i");
        capture.open();
        capture.untilMember("big");
        capture.assertEqual("big");
        capture.execute("INSERT INTO big SELECT 6, 16, 6, doc FROM big WHERE id = 1");
        capture.assertEqual("big");
        capture.execute(
            "UPDATE big SET n = n + 1",
            "UPDATE big SET id = 100 WHERE id = 1",
            "UPDATE big SET code = 200 WHERE code = 12",
            "UPDATE big SET id = 101, code = 201 WHERE id = 3",
            "DELETE FROM big WHERE id = 4");
        if (identity.equals("NOTHING")) {
          // no statement of the owner failed, and the table says what it lacks
          capture.catchUp();
          assertThat(capture.current("big")).hasSize(6);
          assertThat(capture.reason("big")).contains("replica identity");
        } else {
          capture.assertEqual("big");
        }
        capture.source.close();
        capture.execute("SELECT pg_drop_replication_slot('" + capture.database + "')");
      }
    }
  }

  @Test
  void aKeyThatIsStoredOutOfLineIsNeverLeftOut() throws Exception {
    try (Capture capture = Capture.on(Version.V18, "longkey")) {
      capture.execute(
          "CREATE TABLE long_key (k text PRIMARY KEY, n int)",
          "ALTER TABLE long_key ALTER COLUMN k SET STORAGE EXTERNAL",
          "INSERT INTO long_key SELECT repeat(md5(i::text), 75), i FROM generate_series(1, 3) i");
      capture.open();
      capture.untilMember("long_key");
      capture.execute(
          "UPDATE long_key SET n = n + 1", "UPDATE long_key SET k = 'short' WHERE n = 2");
      capture.assertEqual("long_key");
      assertThat(capture.current("long_key")).hasSize(3);
    }
  }

  @Test
  void goesNowhereFromASlotThatWentAheadOrIsGone() throws Exception {
    try (Capture capture = capture("rule4")) {
      capture.open();
      capture.untilMember("t");
      ResumePoint early = capture.copy.resumePoint();
      capture.execute("INSERT INTO t VALUES (100, 'x')");
      capture.assertEqual("t");
      capture.source.close();
      PostgresSource behind = new PostgresSource(capture.config(), java.util.Map.of());
      assertThatThrownBy(() -> behind.open(early))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("the destination went back");
      behind.close();
      ResumePoint now = capture.copy.resumePoint();
      ResumePoint ahead =
          new ResumePoint(
              Position.of("rule4", Lsn.parse("FF/0")),
              now.tables(),
              now.schemas(),
              now.definitions(),
              now.notes());
      PostgresSource restored = new PostgresSource(capture.config(), java.util.Map.of());
      assertThatThrownBy(() -> restored.open(ahead)).hasMessageContaining("the server went back");
      restored.close();
      capture.execute("SELECT pg_drop_replication_slot('rule4')");
      PostgresSource orphan = new PostgresSource(capture.config(), java.util.Map.of());
      assertThatThrownBy(() -> orphan.open(now)).hasMessageContaining("does not exist");
      orphan.close();
    }
  }

  @Test
  void theLeastRoleWorksWithWhatADbaMade() throws Exception {
    try (Capture capture = capture("least")) {
      capture.execute(
          "CREATE ROLE least_role LOGIN REPLICATION PASSWORD 'least'",
          "GRANT SELECT ON t TO least_role",
          "CREATE PUBLICATION made FOR TABLE t",
          "SELECT pg_create_logical_replication_slot('least', 'pgoutput')",
          "INSERT INTO t VALUES (60, 'between')");
      capture
          .with("user", "least_role")
          .with("password", "least")
          .with("publication", "made")
          .with("publication.mode", "existing");
      capture.open();
      capture.untilMember("t");
      capture.execute("UPDATE t SET v = 'x' WHERE id < 5");
      capture.assertEqual("t");
    }
  }

  @Test
  void pausesResumesAndCopiesAgainWhenAsked() throws Exception {
    TableName t = TableName.parse("t");
    try (Capture capture = capture("requests")) {
      capture.open();
      capture.untilMember("t");
      capture.source.request(new SourceRequest.Pause(t));
      capture.until(() -> capture.phase("t") == Phase.PAUSED);
      capture.execute("UPDATE t SET v = 'while paused'");
      capture.source.request(new SourceRequest.Resume(t));
      capture.untilMember("t");
      capture.assertEqual("t");
      capture.source.request(new SourceRequest.Fail(t, "a sink said no"));
      capture.until(() -> capture.phase("t") == Phase.FAILED);
      capture.source.request(new SourceRequest.Recopy(t));
      capture.untilMember("t");
      capture.assertEqual("t");
      assertThat(capture.attempt("t")).isEqualTo(3);
    }
  }

  @Test
  void cutsExactlyWhereItIsAsked() throws Exception {
    try (Capture capture = capture("cuts")) {
      capture.open();
      capture.untilMember("t");
      capture.catchUp();
      try (Connection writer = capture.connect();
          Statement statement = writer.createStatement()) {
        statement.execute("INSERT INTO t VALUES (100, 'below')");
        Lsn cut = Lsn.parse(capture.ask("SELECT pg_current_wal_insert_lsn()"));
        capture.source.request(new SourceRequest.CutAt(Position.of("cuts", cut)));
        statement.execute("INSERT INTO t VALUES (101, 'above')");
        capture.catchUp();
        boolean exact =
            capture.copy.log.stream()
                .filter(SourceEvent.Boundary.class::isInstance)
                .map(event -> ((SourceEvent.Boundary) event).position().lsn("cuts"))
                .anyMatch(
                    at ->
                        !cut.isBefore(at)
                            && at.compareTo(
                                    new Lsn(
                                        capture.changes("t").stream()
                                            .filter(row -> row.op() == Op.CREATE)
                                            .mapToLong(Copy.Row::commitLsn)
                                            .min()
                                            .getAsLong()))
                                > 0);
        assertThat(exact).as("a boundary between the two").isTrue();
      }
    }
  }

  private static long serverMicros(Capture capture) {
    return Long.parseLong(
        capture.ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  }

  /** Told every ten seconds, since each telling is a commit in every destination. */
  @Test
  void anIdleTableMovesOnWithTheLogAndTheServersTime() throws Exception {
    try (Capture capture = capture("idle")) {
      capture.execute("CREATE SCHEMA other", "CREATE TABLE other.unselected (a int)");
      capture.with("tables.include", "public.*");
      capture.open();
      capture.untilMember("t");
      Lsn before = capture.copy.position.lsn("idle");
      long began = serverMicros(capture);
      capture.execute("INSERT INTO other.unselected SELECT * FROM generate_series(1, 10000)");
      capture.until(() -> capture.copy.position.lsn("idle").minus(before) > 500_000);
      List<Long> times =
          capture.copy.log.stream()
              .filter(SourceEvent.Boundary.class::isInstance)
              .map(event -> ((SourceEvent.Boundary) event).committedAtMicros())
              .toList();
      assertThat(times).isSorted();
      assertThat(times.get(times.size() - 1)).isBetween(began, serverMicros(capture));
    }
  }

  @Test
  void aRestartOfTheServerIsLivedThrough() throws Exception {
    try (EmbeddedPostgres own = EmbeddedPostgres.start(Tried.version(Version.V15));
        Capture capture = new Capture(own, "restart")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1), (2, 2)");
      capture.open();
      capture.untilMember("t");
      own.restart();
      capture.execute("UPDATE t SET v = 10");
      capture.assertEqual("t");
      own.kill();
      own.restart();
      capture.execute("INSERT INTO t VALUES (3, 3)");
      capture.assertEqual("t");
    }
  }

  @Test
  void aTableThatIsNotSelectedAnyMoreLeavesThePublication() throws Exception {
    try (Capture capture = capture("deselect")) {
      capture.execute("CREATE TABLE other (id int PRIMARY KEY)");
      capture.open();
      capture.untilMember("t", "other");
      capture.source.close();
      capture.with("tables.exclude", "public.other").open();
      capture.until(() -> capture.phase("other") == Phase.DETACHED);
      capture.until(
          () -> {
            try {
              return capture
                  .sourceRows("pg_catalog.pg_publication_tables", "tablename")
                  .equals(List.of("[t]"));
            } catch (java.sql.SQLException e) {
              throw new IllegalStateException(e);
            }
          });
      capture.execute(
          "ALTER TABLE other DROP CONSTRAINT other_pkey",
          "INSERT INTO other VALUES (1)",
          "UPDATE other SET id = 2");
      capture.assertEqual("t");
    }
  }
}
