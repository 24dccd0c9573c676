package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import org.junit.jupiter.api.Test;

/** Publications FOR TABLES IN SCHEMA, which somebody else made. */
class SchemaPublicationTest {
  private static Capture capture(String database) throws Exception {
    Tried.needs(Tried.version(Version.V15), Version.V15);
    Capture capture = Capture.on(Version.V15, database).with("publication.mode", "existing");
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t SELECT generate_series(1, 10)");
    return capture;
  }

  @Test
  void aSchemaTakenOutAndInAgainHasItsTablesCopiedAgain() throws Exception {
    try (Capture capture = capture("again")) {
      capture.execute("CREATE PUBLICATION again FOR TABLES IN SCHEMA public");
      capture.open();
      capture.untilMember("t");
      // between two looks at the catalog
      capture.source.close();
      capture.execute(
          "ALTER PUBLICATION again DROP TABLES IN SCHEMA public",
          "INSERT INTO t VALUES (11)",
          "ALTER PUBLICATION again ADD TABLES IN SCHEMA public",
          "INSERT INTO t VALUES (12)");
      capture.open();
      capture.until(() -> capture.copy.tables.get(TableName.parse("t")).attempt() == 2);
      capture.untilMember("t");
      capture.assertEqual("t");
    }
  }

  @Test
  void aConditionOnATableOfAPublishedSchemaLeavesNoRowOut() throws Exception {
    try (Capture capture = capture("whole")) {
      capture.execute(
          "CREATE PUBLICATION whole FOR TABLE t WHERE (id > 5), TABLES IN SCHEMA public");
      capture.open();
      capture.untilMember("t");
      capture.execute("INSERT INTO t VALUES (0)", "DELETE FROM t WHERE id = 1");
      capture.assertEqual("t");
      assertThat(capture.phase("t")).isEqualTo(Phase.MEMBER);
    }
  }
}
