package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableName;
import io.tidemark.embedded.Version;
import org.junit.jupiter.api.Test;

/** Tables whose key identifies no row in the log: captured as they are, at no cost to the owner. */
class IdentityTest {
  private static void keepsItsForm(Capture capture) throws Exception {
    capture.open();
    capture.untilMember("t");
    for (int i = 10; i < 30; i++) {
      capture.execute("INSERT INTO t VALUES (" + i + ", 'more')");
      capture.assertEqual("t");
    }
    assertThat(capture.copy.schemas.get(TableName.parse("t"))).hasSize(1);
  }

  @Test
  void aTableWithADeferrableKeyKeepsItsForm() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "deferrable")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, v text)",
          "INSERT INTO t VALUES (1, 'a')");
      keepsItsForm(capture);
    }
  }

  @Test
  void aTableWhoseIdentityIndexIsGoneKeepsItsForm() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "indexless")) {
      capture.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)",
          "INSERT INTO t VALUES (1, 'a')",
          "CREATE UNIQUE INDEX other ON t (v, id)",
          "ALTER TABLE t REPLICA IDENTITY USING INDEX other",
          "DROP INDEX other");
      keepsItsForm(capture);
    }
  }

  @Test
  void theFirstPartitionOfATableWithoutAKeyCanBeUpdatedAtOnce() throws Exception {
    try (Capture capture = Capture.on(Version.V15, "leafless")) {
      capture.execute("CREATE TABLE r (a int, v text) PARTITION BY LIST (a)");
      capture.with("tables.refresh", "60s").open();
      capture.untilMember("r");
      // in one go: nobody can look in between
      capture.execute(
          "CREATE TABLE r1 PARTITION OF r FOR VALUES IN (1)",
          "INSERT INTO r VALUES (1, 'x')",
          "UPDATE r SET v = 'y'",
          "DELETE FROM r");
    }
  }
}
