package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import org.junit.jupiter.api.Test;

/** Copy and stream take the same rows and columns, and all that they should. */
class SelectionTest {
  @Test
  void aParentHasItsOwnRowsAlone() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "parents")) {
      capture.execute(
          "CREATE TABLE parent (id int PRIMARY KEY, v text)",
          "CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent)",
          "CREATE VIEW own AS SELECT * FROM ONLY parent",
          "INSERT INTO parent SELECT i, 'p' FROM generate_series(1, 10) i",
          "INSERT INTO child SELECT i, 'c' FROM generate_series(5, 20) i");
      capture.open();
      capture.untilMember("parent", "child");
      assertThat(capture.current("parent")).isEqualTo(capture.sourceRows("own", "*"));
      capture.execute(
          "UPDATE parent SET v = 'both' WHERE id IN (1, 6, 15)",
          "INSERT INTO child VALUES (30, 'c')",
          "DELETE FROM parent WHERE id IN (2, 7, 16)");
      capture.assertEqual("child");
      assertThat(capture.current("parent")).isEqualTo(capture.sourceRows("own", "*"));
      capture.execute("TRUNCATE ONLY parent", "INSERT INTO parent VALUES (40, 'after')");
      capture.assertEqual("child");
      assertThat(capture.current("parent")).isEqualTo(capture.sourceRows("own", "*"));
    }
  }

  @Test
  void aPublicationsColumnsAndRowsHoldForTheCopyAndTheStream() throws Exception {
    Tried.needs(Tried.version(Version.V15), Version.V15);
    try (Capture capture = Capture.on(Version.V15, "chosen")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, hidden text, v text)",
          "INSERT INTO t SELECT i, 'h', 'v' || i FROM generate_series(1, 150) i",
          "CREATE VIEW published AS SELECT id, v FROM t WHERE id < 100",
          "CREATE PUBLICATION chosen FOR TABLE t (id, v) WHERE (id < 100)");
      capture.with("publication.mode", "existing").open();
      capture.untilMember("t");
      assertThat(capture.current("t")).isEqualTo(capture.sourceRows("published", "*"));
      capture.execute(
          "UPDATE t SET v = 'x', hidden = 'y' WHERE id % 10 = 0",
          "UPDATE t SET id = id + 1000 WHERE id BETWEEN 5 AND 8",
          "UPDATE t SET id = id - 145 WHERE id BETWEEN 150 AND 152",
          "DELETE FROM t WHERE id IN (20, 120)",
          "INSERT INTO t VALUES (0, 'h', 'in'), (200, 'h', 'out')");
      capture.catchUp();
      assertThat(capture.current("t")).isEqualTo(capture.sourceRows("published", "*"));
    }
  }

  @Test
  void aPolicyThatWouldHideRowsFailsTheTable() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "policies")) {
      capture.execute(
          "CREATE TABLE open_table (id int PRIMARY KEY)",
          "INSERT INTO open_table VALUES (1)",
          "CREATE TABLE guarded (id int PRIMARY KEY)",
          "INSERT INTO guarded VALUES (1), (2)",
          "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY",
          "CREATE POLICY one ON guarded USING (id = 1)",
          "CREATE ROLE watcher LOGIN REPLICATION PASSWORD 'watcher'",
          "GRANT SELECT ON ALL TABLES IN SCHEMA public TO watcher",
          "CREATE PUBLICATION policies FOR TABLE open_table, guarded");
      capture.with("user", "watcher").with("password", "watcher");
      capture.with("publication.mode", "existing").open();
      capture.untilMember("open_table");
      capture.until(() -> capture.phase("guarded") == Phase.FAILED);
      assertThat(capture.reason("guarded")).contains("BYPASSRLS");
      assertThat(capture.current("guarded")).isEmpty();
      capture.execute("INSERT INTO open_table VALUES (2)");
      capture.assertEqual("open_table");
    }
  }

  @Test
  void noMessageQuotesAValueOfARow() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "quoted")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'very-secret')");
      capture.with("snapshot.row-filter", java.util.Map.of("public.t", "v::int > 0")).open();
      capture.until(() -> capture.phase("t") == Phase.FAILED);
      assertThat(capture.reason("t"))
          .contains("SQLSTATE 22P02")
          .contains("snapshot.row-filter")
          .doesNotContain("very-secret");
    }
  }
}
