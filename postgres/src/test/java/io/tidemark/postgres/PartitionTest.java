package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Partitions come under their root's name, and come and go without a message of the stream. */
class PartitionTest {
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
      assertThat(capture.copy.rows.get(TableName.parse("p")))
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
      capture.until(() -> capture.copy.current(TableName.parse("p")).size() == 71);
      capture.untilMember("p");
      capture.assertEqual("p");
      capture.execute("CREATE TABLE p4 PARTITION OF p FOR VALUES IN (4)");
      capture.execute("INSERT INTO p VALUES (600, 4, 'new')");
      capture.until(() -> capture.copy.current(TableName.parse("p")).size() == 72);
      capture.untilMember("p");
      capture.execute("UPDATE p SET v = 'y' WHERE day > 2");
      capture.assertEqual("p");
      capture.execute(
          "CREATE TABLE p5 (id int, day int, v text, PRIMARY KEY (id, day))",
          "INSERT INTO p5 SELECT i, 5, 'w' FROM generate_series(1, 10) i",
          "BEGIN; ALTER TABLE p DETACH PARTITION p3;"
              + " ALTER TABLE p ATTACH PARTITION p5 FOR VALUES IN (5); COMMIT");
      capture.until(() -> capture.copy.current(TableName.parse("p")).size() == 51);
      capture.untilMember("p");
      capture.assertEqual("p");
      assertThat(capture.copy.rows.get(TableName.parse("p")))
          .filteredOn(row -> row.op() == Op.TRUNCATE && "public.p3".equals(row.leaf()))
          .as("it was said to be empty when its copy began, and once when it went")
          .hasSize(2);
      capture.execute("DROP TABLE p4");
      capture.until(() -> capture.copy.current(TableName.parse("p")).size() == 50);
      capture.assertEqual("p");
      assertThat(capture.copy.tables.get(TableName.parse("p")).attempt()).isEqualTo(1);
    }
  }

  /** No message tells it: the catalog shows the same partitions before and after. */
  @Test
  void aPartitionThatWasAwayBetweenTwoLooksIsReadAgain() throws Exception {
    try (Capture capture = capture("away")) {
      capture.open();
      capture.untilMember("p");
      TableName p = TableName.parse("p");
      capture.execute(
          "BEGIN; ALTER TABLE p DETACH PARTITION p1; DELETE FROM p1 WHERE id <= 10;"
              + " INSERT INTO p1 VALUES (800, 1, 'away');"
              + " ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1); COMMIT");
      capture.until(() -> capture.copy.current(p).size() == 36);
      capture.untilMember("p");
      capture.assertEqual("p");
      capture.execute("ALTER TABLE p DETACH PARTITION p1");
      capture.until(() -> capture.copy.current(p).size() == 20);
      capture.execute(
          "INSERT INTO p1 VALUES (801, 1, 'away')",
          "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1)");
      capture.until(() -> capture.copy.current(p).size() == 37);
      capture.untilMember("p");
      capture.execute("UPDATE p SET v = 'x' WHERE id < 9 OR id > 700");
      capture.assertEqual("p");
      assertThat(capture.copy.tables.get(p).attempt()).isEqualTo(1);
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
      capture.until(
          () ->
              capture.copy.tables.get(TableName.parse("p")).attempt() == 2
                  && capture.phase("p") == Phase.MEMBER);
      capture.assertEqual("p");
    }
  }
}
