package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.EventTrigger;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Partitions come under their root's name, and come and go without a message of the stream. */
class PartitionTest {
  private static Capture capture(String database) throws Exception {
    Capture capture = Capture.on(Version.V15, database);
    capture.execute(
        "CREATE TABLE p (id int, day int, v text, PRIMARY KEY (id, day)) PARTITION BY LIST (day)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
        // another order of columns than the root's
        "CREATE TABLE p2 (v text, day int NOT NULL, gone int, id int NOT NULL,"
            + " PRIMARY KEY (id, day))",
        "ALTER TABLE p2 DROP COLUMN gone",
        "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)",
        "INSERT INTO p SELECT i, 1 + i % 2, 'v' || i FROM generate_series(1, 40) i");
    return capture;
  }

  @Test
  void rowsOfEveryLeafComeUnderTheRoot() throws Exception {
    try (Capture capture = capture("leaves")) {
      capture.open();
      capture.untilMember("p");
      assertThat(capture.copy.tables).containsOnlyKeys(TableName.parse("p"));
      capture.execute(
          "UPDATE p SET v = 'x' WHERE id < 9",
          "UPDATE p SET day = 2 WHERE id = 10",
          "DELETE FROM p WHERE id = 11",
          "INSERT INTO p VALUES (100, 2, 'n')");
      capture.assertEqual("p");
      assertThat(capture.changes("p"))
          .extracting(Copy.Row::leaf)
          .contains("public.p1", "public.p2");
      capture.execute("TRUNCATE p1", "INSERT INTO p VALUES (101, 1, 'after')");
      capture.assertEqual("p");
      capture.execute("TRUNCATE p", "INSERT INTO p VALUES (102, 1, 'after')");
      capture.assertEqual("p");
    }
  }

  @Test
  void attachedDetachedAndDroppedPartitionsChangeTheirRowsAlone() throws Exception {
    try (Capture capture = capture("comeandgo")) {
      capture.open();
      capture.untilMember("p");
      capture.execute(
          "CREATE TABLE p3 (id int, day int, v text, PRIMARY KEY (id, day))",
          "INSERT INTO p3 SELECT i, 3, 'w' FROM generate_series(1, 30) i",
          "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3)",
          "INSERT INTO p VALUES (500, 3, 'straight')");
      capture.until(() -> capture.current("p").size() == 71);
      capture.untilMember("p");
      capture.assertEqual("p");
      capture.execute("CREATE TABLE p4 PARTITION OF p FOR VALUES IN (4)");
      capture.execute("INSERT INTO p VALUES (600, 4, 'new')");
      capture.until(() -> capture.current("p").size() == 72);
      capture.untilMember("p");
      capture.execute("UPDATE p SET v = 'y' WHERE day > 2");
      capture.assertEqual("p");
      capture.execute(
          "CREATE TABLE p5 (id int, day int, v text, PRIMARY KEY (id, day))",
          "INSERT INTO p5 SELECT i, 5, 'w' FROM generate_series(1, 10) i",
          "BEGIN; ALTER TABLE p DETACH PARTITION p3;"
              + " ALTER TABLE p ATTACH PARTITION p5 FOR VALUES IN (5); COMMIT");
      capture.until(() -> capture.current("p").size() == 51);
      capture.untilMember("p");
      capture.assertEqual("p");
      assertThat(capture.changes("p"))
          .filteredOn(row -> row.op() == Op.TRUNCATE && "public.p3".equals(row.leaf()))
          .as("it was said to be empty when its copy began, and once when it went")
          .hasSize(2);
      capture.execute("DROP TABLE p4");
      capture.until(() -> capture.current("p").size() == 50);
      capture.assertEqual("p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  /** No message tells it: the catalog shows the same partitions before and after. */
  @Test
  void aPartitionThatWasAwayBetweenTwoLooksIsReadAgain() throws Exception {
    try (Capture capture = capture("away")) {
      capture.open();
      capture.untilMember("p");
      capture.execute(
          "BEGIN; ALTER TABLE p DETACH PARTITION p1; DELETE FROM p1 WHERE id <= 10;"
              + " INSERT INTO p1 VALUES (800, 1, 'away');"
              + " ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1); COMMIT");
      capture.until(() -> capture.current("p").size() == 36);
      capture.untilMember("p");
      capture.assertEqual("p");
      capture.execute("ALTER TABLE p DETACH PARTITION p1");
      capture.until(() -> capture.current("p").size() == 20);
      capture.execute(
          "INSERT INTO p1 VALUES (801, 1, 'away')",
          "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1)");
      capture.until(() -> capture.current("p").size() == 37);
      capture.untilMember("p");
      capture.execute("UPDATE p SET v = 'x' WHERE id < 9 OR id > 700");
      capture.assertEqual("p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  @Test
  void aRootColumnAddedLaterComesFromEveryLeaf() throws Exception {
    try (Capture capture = capture("rootddl")) {
      capture.open();
      capture.untilMember("p");
      capture.execute(
          "ALTER TABLE p ADD COLUMN extra int DEFAULT 5",
          "INSERT INTO p VALUES (700, 1, 'a', 6), (701, 2, 'b', 7)",
          "UPDATE p SET v = 'z' WHERE id < 5");
      capture.assertEqual("p");
    }
  }

  /** Waits until the copy has what the source has now. */
  private static void untilEqual(Capture capture, String table) throws Exception {
    List<String> rows = capture.sourceRows(table, "*");
    capture.until(
        () -> capture.phase(table) == Phase.MEMBER && capture.current(table).equals(rows));
    capture.assertEqual(table);
  }

  @Test
  void aRenamedPartitionKeepsItsRowsApart() throws Exception {
    try (Capture capture = capture("leafrename")) {
      capture.open();
      capture.untilMember("p");
      capture.execute(
          "ALTER TABLE p1 RENAME TO p1_old",
          "INSERT INTO p VALUES (800, 1, 'under the new name')",
          "ALTER TABLE p2 RENAME TO p2_old",
          "UPDATE p SET v = 'x' WHERE id < 9");
      capture.awaitLook();
      capture.assertEqual("p");
      capture.execute("TRUNCATE p1_old", "INSERT INTO p VALUES (801, 1, 'after')");
      capture.assertEqual("p");
      capture.execute("DROP TABLE p2_old");
      untilEqual(capture, "p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  @Test
  void aPartitionThatTakesTheNameOfAnotherIsToldFromIt() throws Exception {
    try (Capture capture = capture("leafswap")) {
      capture.open();
      capture.untilMember("p");
      capture.execute(
          "ALTER TABLE p1 RENAME TO p1_old",
          "CREATE TABLE p1 (LIKE p INCLUDING ALL)",
          "INSERT INTO p1 SELECT i, 9, 'new' FROM generate_series(1, 7) i",
          "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (9)",
          "INSERT INTO p VALUES (810, 1, 'old'), (811, 9, 'new')");
      untilEqual(capture, "p");
      capture.execute("TRUNCATE p1", "INSERT INTO p VALUES (812, 9, 'after')");
      capture.assertEqual("p");
      capture.execute("DROP TABLE p1_old");
      untilEqual(capture, "p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  @Test
  void aPartitionMadeAgainHasItsNewRowsOnly() throws Exception {
    try (Capture capture = capture("leafremade")) {
      capture.open();
      capture.untilMember("p");
      for (int i = 0; i < 3; i++) {
        capture.execute(
            "DROP TABLE p1",
            "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
            "INSERT INTO p SELECT i, 1, 'again' FROM generate_series(" + i + ", 8) i");
        untilEqual(capture, "p");
      }
      capture.execute("DROP TABLE p1", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)");
      capture.awaitLook();
      capture.execute("INSERT INTO p VALUES (820, 1, 'later')");
      untilEqual(capture, "p");
    }
  }

  @Test
  void rowsOfADetachedPartitionAreItsOwnFromThereOn() throws Exception {
    try (Capture capture = capture("detached")) {
      capture.open();
      capture.untilMember("p");
      capture.execute("ALTER TABLE p DETACH PARTITION p2");
      for (int i = 0; i < 200; i++) {
        capture.execute("INSERT INTO p2 (v, day, id) VALUES ('own', 2, " + (1000 + i) + ")");
      }
      untilEqual(capture, "p2");
      untilEqual(capture, "p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  @Test
  void aDetachedPartitionThatIsKeptHasAllRowsFromBefore() throws Exception {
    try (Capture capture = capture("kept")) {
      capture.with("on-partition-drop", "keep").with("queue.memory", "1");
      capture.open();
      capture.untilMember("p");
      capture.catchUp();
      capture.giveFirst("INSERT INTO p VALUES (900, 2, 'first')");
      capture.execute(
          "INSERT INTO p VALUES (901, 2, 'second')", "ALTER TABLE p DETACH PARTITION p2");
      capture.awaitLook();
      capture.untilMember("p2");
      assertThat(capture.current("p")).hasSize(42).contains("[900, 2, first]", "[901, 2, second]");
      untilEqual(capture, "p2");
    }
  }

  @Test
  void aRestartWhileAPartitionWaitsForItsCopyForgetsNothing() throws Exception {
    try (Capture capture = capture("waitingleaf");
        Connection blocker = capture.connect();
        Statement block = blocker.createStatement()) {
      capture.open();
      capture.untilMember("p");
      attachBehindABlockedCopy(capture, blocker, block);
      capture.until(() -> capture.phase("p") == Phase.CATCHING_UP);
      capture.crash();
      capture.catchUp();
      capture.rest();
      assertThat(capture.phase("p")).as("without the rows of p3").isEqualTo(Phase.CATCHING_UP);
      blocker.commit();
      capture.untilMember("p");
      capture.assertEqual("p");
      capture.execute("UPDATE p SET v = 'y' WHERE day = 3");
      capture.assertEqual("p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  @Test
  void aRestartForgetsNotThatTheCatalogHasToTellAChange() throws Exception {
    try (Capture capture = capture("untold")) {
      capture.execute(EventTrigger.sql());
      capture.with("tables.refresh", "1h").open();
      capture.untilMember("p");
      capture.catchUp();
      capture.execute(
          "BEGIN; ALTER TABLE p1 RENAME TO p1_old; CREATE TABLE p1 (LIKE p INCLUDING ALL);"
              + " INSERT INTO p1 SELECT i, 9, 'new' FROM generate_series(1, 7) i;"
              + " ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (9); COMMIT");
      capture.until(() -> capture.phase("p") == Phase.CATCHING_UP);
      capture.crash();
      // beyond the mark that the restart took, and no look has been understood
      capture.catchUp();
      assertThat(capture.phase("p") == Phase.MEMBER).isEqualTo(rowsOfDay(capture, 9) == 7);
      capture.with("tables.refresh", "100ms").crash();
      capture.untilMember("p");
      capture.assertEqual("p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  @Test
  void aPartitionThatGoesBeforeItsCopyIsNotWaitedFor() throws Exception {
    try (Capture capture = capture("goneleaf");
        Connection blocker = capture.connect();
        Statement block = blocker.createStatement()) {
      capture.open();
      capture.untilMember("p");
      attachBehindABlockedCopy(capture, blocker, block);
      capture.until(() -> capture.phase("p") == Phase.CATCHING_UP);
      capture.execute("DROP TABLE p3");
      capture.untilMember("p");
      capture.assertEqual("p");
      blocker.commit();
      capture.execute("INSERT INTO p VALUES (830, 2, 'after')");
      capture.assertEqual("p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  /** Whether the copy shows a row of {@code day} 1 with an id. */
  private static boolean shows(Capture capture, int id) {
    return capture.current("p").contains("[" + id + ", 1, sign]");
  }

  private static long rowsOfDay(Capture capture, int day) {
    return capture.current("p").stream().filter(row -> row.contains(", " + day + ", ")).count();
  }

  @Test
  void withTheEventTriggerMembershipEndsAtThePlaceOfTheChange() throws Exception {
    try (Capture capture = capture("places")) {
      capture.execute("CREATE TABLE gone (id int PRIMARY KEY)", EventTrigger.sql());
      capture.with("queue.memory", "1").open();
      capture.untilMember("p", "gone");
      capture.execute(
          "CREATE TABLE p3 (id int, day int, v text, PRIMARY KEY (id, day))",
          "INSERT INTO p3 SELECT i, 3, 'w' FROM generate_series(1, 30) i",
          "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3)",
          "INSERT INTO p VALUES (501, 1, 'sign')");
      capture.until(() -> shows(capture, 501));
      assertThat(capture.phase("p") == Phase.MEMBER).isEqualTo(rowsOfDay(capture, 3) == 30);
      capture.untilMember("p");
      capture.assertEqual("p");
      capture.execute(
          "CREATE TABLE p4 PARTITION OF p FOR VALUES IN (4)",
          "INSERT INTO p VALUES (1, 4, 'straight')",
          "ALTER TABLE p DETACH PARTITION p3",
          "INSERT INTO p VALUES (502, 1, 'sign')");
      capture.until(() -> shows(capture, 502));
      assertThat(capture.phase("p")).as("nothing is to be copied").isEqualTo(Phase.MEMBER);
      assertThat(rowsOfDay(capture, 3)).isZero();
      assertThat(rowsOfDay(capture, 4)).isEqualTo(1);
      capture.execute("DROP TABLE p2, gone", "INSERT INTO p VALUES (503, 1, 'sign')");
      capture.until(() -> shows(capture, 503));
      assertThat(capture.phase("p")).isEqualTo(Phase.MEMBER);
      assertThat(rowsOfDay(capture, 2)).isZero();
      assertThat(capture.phase("gone")).isEqualTo(Phase.DETACHED);
      capture.execute(
          "DROP TABLE p4",
          "CREATE TABLE p4 PARTITION OF p FOR VALUES IN (4)",
          "INSERT INTO p VALUES (7, 4, 'again')");
      untilEqual(capture, "p");
      assertThat(capture.attempt("p")).isEqualTo(1);
    }
  }

  /** The slot of a copy waits for every running transaction, so nothing is copied. */
  private static void attachBehindABlockedCopy(Capture capture, Connection blocker, Statement block)
      throws Exception {
    blocker.setAutoCommit(false);
    block.execute("SELECT pg_current_xact_id()");
    capture.execute(
        "CREATE TABLE p3 (id int, day int, v text, PRIMARY KEY (id, day))",
        "INSERT INTO p3 SELECT i, 3, 'w' FROM generate_series(1, 30) i",
        "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3)");
  }

  @Test
  void aPublicationViaTheRootIsAccepted() throws Exception {
    try (Capture capture = capture("viaroot")) {
      capture.execute("CREATE PUBLICATION root FOR TABLE p WITH (publish_via_partition_root)");
      capture.with("publication", "root").with("publication.mode", "existing");
      capture.open();
      capture.untilMember("p");
      capture.execute("UPDATE p SET v = 'x' WHERE id < 9", "INSERT INTO p VALUES (100, 2, 'n')");
      capture.assertEqual("p");
      capture.execute("TRUNCATE p1");
      capture.untilCopied("p", 2);
      capture.assertEqual("p");
    }
  }
}
