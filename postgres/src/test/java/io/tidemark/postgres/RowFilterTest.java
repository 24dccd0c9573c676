package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Conditions of {@code snapshot.row-filter}: those that cannot be computed, and odd ones. */
class RowFilterTest {
  private static Capture capture(String database) throws SQLException {
    Capture capture = Capture.on(Version.V15, database);
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 50) i",
        "CREATE TABLE u (id int PRIMARY KEY)",
        "INSERT INTO u VALUES (1)");
    return capture;
  }

  private static void failsByName(Capture capture, String said) throws Exception {
    capture.untilMember("u");
    capture.until(() -> capture.phase("t") == Phase.FAILED);
    assertThat(capture.copy.tables.get(TableName.parse("t")).reason().orElse(""))
        .startsWith("Cannot copy table public.t: ")
        .contains(said)
        .contains("snapshot.row-filter");
    capture.execute("INSERT INTO u VALUES (2)");
    capture.assertEqual("u");
  }

  @Test
  void anUnknownColumnFailsItsTableByName() throws Exception {
    try (Capture capture = capture("unknown")) {
      capture.with("snapshot.row-filter", Map.of("public.t", "no_such > 0")).open();
      failsByName(capture, "no_such");
    }
  }

  @Test
  void anUnknownTableFailsItsTableByName() throws Exception {
    try (Capture capture = capture("elsewhere")) {
      capture
          .with("snapshot.row-filter", Map.of("public.t", "id IN (SELECT id FROM no_such)"))
          .open();
      failsByName(capture, "no_such");
    }
  }

  @Test
  void anUnknownColumnFailsItsTableByNameInKeyRangesToo() throws Exception {
    try (Capture capture = capture("ranges")) {
      capture
          .with("snapshot.max-hold", "0s")
          .with("snapshot.row-filter", Map.of("public.t", "no_such > 0"))
          .open();
      failsByName(capture, "no_such");
    }
  }

  @Test
  void aConditionMayEndInAComment() throws Exception {
    try (Capture capture = capture("comment")) {
      capture.with("snapshot.row-filter", Map.of("public.t", "id > 40 -- the newest")).open();
      capture.untilMember("t", "u");
      assertThat(capture.copy.current(TableName.parse("t"))).hasSize(10);
    }
  }

  @Test
  void aTableWithoutItsSchemaIsRefused() {
    List<String> problems = new ArrayList<>();
    Map<String, Object> options = Map.of("snapshot.row-filter", Map.of("t", "id > 40"));
    PostgresConfig.from(
        Settings.read(PostgresConfig.SPEC, options, "source", problems), Map.of(), problems);
    assertThat(problems)
        .containsExactly(
            "source.snapshot.row-filter: cannot take 't' for a table, expected schema.table.");
  }
}
