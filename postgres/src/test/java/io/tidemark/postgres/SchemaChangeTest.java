package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.EventTrigger;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** DDL in every order with rows: each column keeps its number, each row its values. */
class SchemaChangeTest {
  private static Capture capture(String database, String... more) throws Exception {
    Capture capture = Capture.on(Version.V15, database);
    capture.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b int)",
        "INSERT INTO t SELECT i, 'a' || i, i FROM generate_series(1, 50) i");
    capture.execute(more);
    capture.open();
    capture.untilMember("t");
    return capture;
  }

  private static List<String> names(Capture capture) {
    return capture.copy.schemas.get(TableName.parse("t")).lastEntry().getValue().columns().stream()
        .map(Column::name)
        .toList();
  }

  private static long copies(Capture capture) {
    return capture.changes("t").stream()
        .filter(row -> row.op() == Op.TRUNCATE && row.ordinal() == 0)
        .count();
  }

  /** Waits until the copy's newest form is the source's. */
  private static void untilColumns(Capture capture, String... columns) throws Exception {
    capture.until(() -> names(capture).equals(List.of(columns)));
  }

  @Test
  void addsDropsAndRenamesColumnsWithRowsBetween() throws Exception {
    try (Capture capture = capture("plain_ddl")) {
      capture.execute(
          "ALTER TABLE t ADD COLUMN c bigint DEFAULT 42",
          "INSERT INTO t VALUES (100, 'x', 1, 2)",
          "UPDATE t SET b = b + 1 WHERE id < 10");
      capture.assertEqual("t");
      capture.execute("ALTER TABLE t DROP COLUMN a", "INSERT INTO t VALUES (101, 1, 2)");
      capture.assertEqual("t");
      capture.execute("ALTER TABLE t RENAME COLUMN b TO bb", "UPDATE t SET bb = 0 WHERE id = 1");
      capture.assertEqual("t");
      assertThat(names(capture)).containsExactly("id", "bb", "c");
      assertThat(copies(capture)).as("the rows were copied once").isEqualTo(1);
    }
  }

  @Test
  void seesAChangeThatNoRowFollows() throws Exception {
    try (Capture capture = capture("quiet_ddl")) {
      capture.execute("ALTER TABLE t ADD COLUMN c text DEFAULT 'old rows, too'");
      untilColumns(capture, "id", "a", "b", "c");
      capture.assertEqual("t");
      assertThat(copies(capture)).isEqualTo(1);
    }
  }

  @Test
  void copiesAgainWhatARewriteChangedSilently() throws Exception {
    try (Capture capture = capture("rewrites")) {
      capture.execute("ALTER TABLE t ALTER COLUMN b TYPE bigint USING b * 1000");
      capture.until(() -> copies(capture) == 2 && capture.phase("t") == Phase.MEMBER);
      capture.assertEqual("t");
      capture.execute("ALTER TABLE t ADD COLUMN r int DEFAULT (random() * 1000000)::int");
      capture.until(() -> copies(capture) == 3 && capture.phase("t") == Phase.MEMBER);
      capture.assertEqual("t");
    }
  }

  @Test
  void doesNotCopyAgainWhatOnlyGotAnotherFile() throws Exception {
    try (Capture capture = capture("packed")) {
      capture.execute("UPDATE t SET b = 7", "VACUUM FULL t", "INSERT INTO t VALUES (200, 'v', 1)");
      capture.assertEqual("t");
      capture.execute("TRUNCATE t", "INSERT INTO t VALUES (201, 'w', 1)");
      capture.assertEqual("t");
      capture.execute("ALTER TABLE t ADD COLUMN c int", "INSERT INTO t VALUES (202, 'w', 1, 2)");
      capture.until(() -> names(capture).contains("c") && capture.phase("t") == Phase.MEMBER);
      capture.assertEqual("t");
    }
  }

  @Test
  void tellsADroppedAndAddedColumnOfTheSameNameFromTheOldOne() throws Exception {
    try (Capture capture = capture("same_name")) {
      capture.execute(
          "ALTER TABLE t DROP COLUMN b",
          "ALTER TABLE t ADD COLUMN b int",
          "INSERT INTO t VALUES (300, 'x', 5)");
      capture.until(
          () ->
              capture
                      .copy
                      .schemas
                      .get(TableName.parse("t"))
                      .lastEntry()
                      .getValue()
                      .columns()
                      .get(2)
                      .attnum()
                  == 4);
      capture.untilMember("t");
      capture.assertEqual("t");
    }
  }

  @Test
  void stopsATableWhoseRenameCannotBeTold() throws Exception {
    try (Capture capture = capture("ambiguous")) {
      capture.source.close();
      capture.execute(
          "ALTER TABLE t RENAME COLUMN b TO x",
          "UPDATE t SET x = 1 WHERE id = 1",
          "ALTER TABLE t RENAME COLUMN x TO y");
      capture.open();
      capture.until(() -> capture.phase("t") == Phase.FAILED);
      assertThat(capture.reason("t"))
          .startsWith("Cannot tell a rename of columns from drop and add")
          .contains("doctor");
    }
  }

  @Test
  void takesAnUnclearRenameAsDropAndAddWhereToldSo() throws Exception {
    try (Capture capture = capture("dropadd")) {
      capture.source.close();
      capture.with("on-ambiguous-rename", "drop-add");
      capture.execute(
          "ALTER TABLE t RENAME COLUMN b TO x",
          "UPDATE t SET x = 1 WHERE id = 1",
          "ALTER TABLE t RENAME COLUMN x TO y");
      capture.open();
      capture.until(() -> names(capture).contains("y") && capture.phase("t") == Phase.MEMBER);
      capture.assertEqual("t");
    }
  }

  @Test
  void followsEveryChangeInPlaceWithTheEventTrigger() throws Exception {
    try (Capture capture = capture("exact_ddl", triggers())) {
      capture.source.close();
      capture.execute(
          "ALTER TABLE t RENAME COLUMN b TO x",
          "UPDATE t SET x = 1 WHERE id = 1",
          "ALTER TABLE t RENAME COLUMN x TO y",
          "ALTER TABLE t ADD COLUMN d text DEFAULT 'd'",
          "INSERT INTO t VALUES (400, 'a', 1, 'e')",
          "ALTER TABLE t DROP COLUMN d",
          "ALTER TABLE t ADD COLUMN d text",
          "INSERT INTO t VALUES (401, 'a', 1, 'f')",
          "ALTER TABLE t DROP COLUMN a");
      capture.open();
      untilColumns(capture, "id", "y", "d");
      capture.assertEqual("t");
      assertThat(copies(capture)).as("no copy was needed").isEqualTo(1);
      capture.execute("ALTER TABLE t ALTER COLUMN y TYPE text USING 'n' || y");
      capture.until(() -> copies(capture) == 2 && capture.phase("t") == Phase.MEMBER);
      capture.assertEqual("t");
    }
  }

  private static String[] triggers() throws SQLException {
    return new String[] {EventTrigger.sql()};
  }

  /** Each leaves the catalog ahead of rows whose column was another one. */
  private static final List<List<String>> HIDDEN =
      List.of(
          List.of(
              "ALTER TABLE t ADD COLUMN x int",
              "INSERT INTO t VALUES (500, 'first', 1, 7)",
              "ALTER TABLE t DROP COLUMN x",
              "ALTER TABLE t ADD COLUMN x int"),
          List.of(
              "ALTER TABLE t RENAME COLUMN b TO c",
              "UPDATE t SET c = c + 1 WHERE id < 10",
              "ALTER TABLE t DROP COLUMN c",
              "ALTER TABLE t ADD COLUMN c int"),
          List.of(
              "ALTER TABLE t DROP COLUMN b",
              "ALTER TABLE t ADD COLUMN b int",
              "UPDATE t SET b = 1 WHERE id < 10",
              "ALTER TABLE t ADD COLUMN d int",
              "UPDATE t SET b = 2 WHERE id < 5"),
          List.of(
              "ALTER TABLE t DROP COLUMN b, ADD COLUMN b int, ADD COLUMN c int",
              "UPDATE t SET b = 1 WHERE id < 10",
              "ALTER TABLE t ADD COLUMN d int"));

  /** A table for each of them, all changed while nobody watched. */
  private static Capture hidden(String database, String... options) throws Exception {
    Capture capture = Capture.on(Version.V15, database);
    for (int i = 0; i < HIDDEN.size(); i++) {
      capture.execute(
          "CREATE TABLE h" + i + " (id int PRIMARY KEY, a text, b int)",
          "INSERT INTO h" + i + " SELECT i, 'a' || i, i FROM generate_series(1, 50) i");
    }
    for (int i = 0; i < options.length; i += 2) {
      capture.with(options[i], options[i + 1]);
    }
    capture.open();
    capture.untilMember(hiddenTables());
    capture.source.close();
    for (int i = 0; i < HIDDEN.size(); i++) {
      for (String statement : HIDDEN.get(i)) {
        capture.execute(statement.replace(" t ", " h" + i + " "));
      }
    }
    capture.open();
    return capture;
  }

  private static String[] hiddenTables() {
    return java.util.stream.IntStream.range(0, HIDDEN.size())
        .mapToObj(i -> "h" + i)
        .toArray(String[]::new);
  }

  @Test
  void guessesNothingWhereColumnsCameAndWentUnseen() throws Exception {
    try (Capture capture = hidden("hidden")) {
      for (String table : hiddenTables()) {
        capture.until(() -> capture.phase(table) == Phase.FAILED);
        assertThat(capture.reason(table))
            .startsWith("Cannot tell a rename of columns from drop and add");
      }
    }
  }

  @Test
  void copiesAgainWhereColumnsCameAndWentUnseen() throws Exception {
    try (Capture capture = hidden("hidden_add", "on-ambiguous-rename", "drop-add")) {
      for (String table : hiddenTables()) {
        capture.until(() -> capture.attempt(table) > 1 && capture.phase(table) == Phase.MEMBER);
      }
      capture.assertEqual(hiddenTables());
    }
  }

  @Test
  void copiesAgainWhenAColumnOfTheSameNameCameBesideOthers() throws Exception {
    try (Capture capture = capture("reused")) {
      capture.source.close();
      capture.execute(
          "ALTER TABLE t DROP COLUMN b",
          "ALTER TABLE t ADD COLUMN b int",
          "UPDATE t SET b = 1 WHERE id < 10",
          "ALTER TABLE t ADD COLUMN d int");
      capture.open();
      capture.until(() -> names(capture).contains("d") && capture.phase("t") == Phase.MEMBER);
      capture.assertEqual("t");
    }
  }

  @Test
  void followsDropsAndAddsThatCanBeToldApart() throws Exception {
    try (Capture capture =
        capture("clear", "ALTER TABLE t ADD COLUMN z int", "ALTER TABLE t DROP COLUMN z")) {
      capture.source.close();
      capture.execute(
          "ALTER TABLE t DROP COLUMN a",
          "ALTER TABLE t ADD COLUMN c text DEFAULT 'c'",
          "INSERT INTO t VALUES (600, 1, 'new')",
          "UPDATE t SET b = 7 WHERE id < 10");
      capture.open();
      untilColumns(capture, "id", "b", "c");
      capture.assertEqual("t");
      assertThat(copies(capture)).as("the rows were copied once").isEqualTo(1);
    }
  }

  @Test
  void defaultsOfAddedColumnsDoNotDependOnTheOwnersSettings() throws Exception {
    try (Capture capture = capture("defaults", triggers())) {
      capture.source.close();
      // the driver allows no other DateStyle of its own session
      capture.execute(
          "CREATE FUNCTION add_columns() RETURNS void LANGUAGE plpgsql SET \"DateStyle\" = 'SQL, DMY'"
              + " SET \"IntervalStyle\" = 'sql_standard' SET bytea_output = 'escape'"
              + " SET extra_float_digits = -3 SET \"TimeZone\" = 'Asia/Tokyo' AS $f$ BEGIN"
              + " ALTER TABLE t ADD COLUMN d date DEFAULT DATE 'March 2, 2024',"
              + " ADD COLUMN ts timestamptz DEFAULT '2024-03-12 01:02:03+00',"
              + " ADD COLUMN i interval DEFAULT '1 year 2 days 03:04:05',"
              + " ADD COLUMN y bytea DEFAULT '\\x00ff41',"
              + " ADD COLUMN f float8 DEFAULT 0.1234567890123456; END $f$",
          "SELECT add_columns()",
          "DROP FUNCTION add_columns()");
      capture.open();
      untilColumns(capture, "id", "a", "b", "d", "ts", "i", "y", "f");
      capture.assertEqual("t");
      assertThat(copies(capture)).isEqualTo(1);
    }
  }

  @Test
  void othersMessagesOfTheSamePrefixStopNothing() throws Exception {
    try (Capture capture = capture("forged", triggers())) {
      capture.execute(
          "CREATE ROLE prankster LOGIN",
          "SET ROLE prankster; SELECT pg_logical_emit_message(true, 'tidemark.ddl', 'x'); RESET ROLE",
          "SELECT pg_logical_emit_message(true, 'tidemark.ddl', '')",
          "SELECT pg_logical_emit_message(true, 'tidemark.ddl', '{}')",
          "SELECT pg_logical_emit_message(true, 'tidemark.ddl', jsonb_build_object('happened',"
              + " 'altered', 'oid', 't'::regclass::oid::bigint, 'schema', 'public', 'name', 't',"
              + " 'columns', jsonb_build_array(c, c))::text) FROM jsonb_build_object('attnum', 1,"
              + " 'name', 'id', 'type', 23, 'typmod', -1, 'typename', 'integer', 'notnull', true,"
              + " 'generated', '') c",
          "INSERT INTO t VALUES (700, 'after', 1)");
      capture.assertEqual("t");
      assertThat(capture.source.status().problem().orElse("")).contains("tidemark.ddl");
      try (java.sql.Connection other = capture.connect();
          java.sql.Statement statement = other.createStatement()) {
        statement.execute("GRANT USAGE ON SCHEMA tidemark TO prankster");
        statement.execute("SET ROLE prankster");
        org.assertj.core.api.Assertions.assertThatThrownBy(
                () -> statement.execute("SELECT tidemark.table_image('t'::regclass, 'altered')"))
            .hasMessageContaining("permission denied");
      }
    }
  }

  @Test
  void followsAChangeOfKeyAndIdentity() throws Exception {
    try (Capture capture = capture("identity")) {
      capture.execute(
          "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)",
          "UPDATE t SET id = 1000 WHERE b = 3",
          "DELETE FROM t WHERE b = 4");
      capture.catchUp();
      assertThat(capture.copy.schemas.get(TableName.parse("t")).lastEntry().getValue().keyColumns())
          .extracting(Column::name)
          .containsExactly("b");
      capture.execute("ALTER TABLE t REPLICA IDENTITY FULL", "UPDATE t SET b = -1 WHERE b = 5");
      capture.catchUp();
      assertThat(capture.copy.schemas.get(TableName.parse("t")).lastEntry().getValue().identity())
          .isEqualTo(io.tidemark.api.model.TableSchema.ReplicaIdentity.FULL);
    }
  }
}
