package io.tidemark.duckdb;

import static io.tidemark.duckdb.LakeTable.BIGINT;
import static io.tidemark.duckdb.LakeTable.INTEGER;
import static io.tidemark.duckdb.LakeTable.TEXT;
import static io.tidemark.duckdb.LakeTable.column;
import static io.tidemark.duckdb.LakeTable.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user may ask, and what comes back. */
class DuckDbQueryTest {
  @TempDir Path folder;

  private LakeTable table(String name) throws Exception {
    return new LakeTable(
            folder,
            schema(
                name,
                1,
                ReplicaIdentity.DEFAULT,
                List.of(1),
                column(1, "id", INTEGER),
                column(2, "amount", new DataType.Decimal(12, 2)),
                column(3, "made_at", new DataType.Timestamp(true))))
        .file(
            Change.of('c', 10, 0, "1", "12.50", "2026-09-27 02:50:00.5+00"),
            Change.of('c', 10, 1, "2", "-12.50", null),
            Change.of('d', 11, 0, "2"));
  }

  private String json(String sql, LakeTable... tables) {
    return new Reading(folder).json(sql, tables);
  }

  private String text(String sql, TextTable.Layout layout, LakeTable... tables) {
    StringBuilder out = new StringBuilder();
    try (DuckDbQuery query = new Reading(folder).query(tables);
        QueryResult result = query.run(sql)) {
      result.writeTable(out, layout);
    }
    return out.toString();
  }

  private void refused(String sql, String message, LakeTable... tables) {
    assertThatThrownBy(() -> json(sql, tables))
        .isInstanceOfSatisfying(
            TidemarkException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.QUERY))
        .hasMessageContaining(message);
  }

  @Test
  void aTableIsItsCurrentRowsAndItsChanges() throws Exception {
    LakeTable accounts = table("bank.accounts");
    String row = "[{\"id\":1,\"amount\":12.50,\"made_at\":\"2026-09-27T02:50:00.5Z\"}]";
    assertThat(json("SELECT * FROM bank.accounts", accounts)).isEqualTo(row);
    assertThat(json("SELECT * FROM accounts;", accounts)).isEqualTo(row);
    assertThat(json("FROM Accounts -- all of it", accounts)).isEqualTo(row);
    assertThat(
            json(
                "SELECT id, _op, _committed_at FROM accounts_changes ORDER BY _lsn, _seq",
                accounts))
        .isEqualTo(
            """
            [{"id":1,"_op":"c","_committed_at":"2026-11-21T10:00:00Z"},\
            {"id":2,"_op":"c","_committed_at":"2026-11-21T10:00:00Z"},\
            {"id":2,"_op":"d","_committed_at":"2026-11-21T10:00:00Z"}]""");
  }

  @Test
  void aShortNameStandsOnlyWhereItIsUnique() throws Exception {
    LakeTable one = table("a.t");
    LakeTable two = table("b.t");
    LakeTable changes = table("b.t_changes");
    assertThat(json("SELECT count(*) AS n FROM a.t, b.t", one, two)).isEqualTo("[{\"n\":1}]");
    refused("FROM t", "Table with name t does not exist", one, two);
    // A table that is really called t_changes keeps its name.
    assertThat(json("SELECT count(*) AS n FROM b.t_changes", two, changes))
        .isEqualTo("[{\"n\":1}]");
    assertThat(json("SELECT count(*) AS n FROM b.t_changes_2", two, changes))
        .isEqualTo("[{\"n\":3}]");
  }

  @Test
  void tablesThatOnlyCasePartsStayApart() throws Exception {
    LakeTable lower = table("s.orders");
    LakeTable upper = table("s.Orders").file(Change.of('c', 12, 0, "5", null, null));
    assertThat(json("SELECT max(id) AS m FROM orders", upper, lower)).isEqualTo("[{\"m\":1}]");
    assertThat(json("SELECT max(id) AS m FROM Orders_2", upper, lower)).isEqualTo("[{\"m\":5}]");
  }

  @Test
  void theCopySaysWhereItIsAndWhatItHas() throws Exception {
    LakeTable lost =
        table("public.lost").state(Phase.FAILED, "a row of 80 MiB is above the limit of 64 MiB");
    assertThat(json("FROM tidemark", lost))
        .isEqualTo("[{\"position\":\"0/20\",\"committed_at\":\"2026-11-21T10:00:00Z\"}]");
    assertThat(json("FROM tidemark_tables ORDER BY name", lost, table("public.kept")))
        .isEqualTo(
            """
            [{"name":"public.kept","state":"member","reason":null,"since":"0/10","changes":3,"files":1},\
            {"name":"public.lost","state":"failed","reason":"a row of 80 MiB is above the limit of 64 MiB","since":"0/10","changes":3,"files":1}]""");
    assertThat(json("FROM tidemark_tables")).isEqualTo("[]");
  }

  @Test
  void aTableThatIsNoMemberIsNoticed() throws Exception {
    LakeTable lost = table("public.lost").state(Phase.FAILED, "a row is too large");
    LakeTable kept = table("public.kept");
    try (DuckDbQuery query = new Reading(folder).query(lost, kept)) {
      assertThat(notices(query, "SELECT 1 AS lost FROM kept")).isEmpty();
      assertThat(notices(query, "SELECT k.id FROM kept k JOIN public.\"LOST\" USING (id)"))
          .containsExactly(
              "Table public.lost is no member of the copy at this tidemark (failed: a row is too"
                  + " large): its rows may not equal the source.");
      assertThat(notices(query, "SELECT count(*) FROM lost_changes")).hasSize(1);
      assertThat(notices(query, "SUMMARIZE lost")).hasSize(1);
    }
  }

  private static List<String> notices(DuckDbQuery query, String sql) {
    try (QueryResult result = query.run(sql)) {
      return result.notices();
    }
  }

  @Test
  void aTableThatWaitsIsEmpty() {
    LakeTable waiting =
        new LakeTable(
                folder,
                schema("t", 1, ReplicaIdentity.DEFAULT, List.of(1), column(1, "id", INTEGER)))
            .state(Phase.WAITING, null);
    assertThat(json("FROM t", waiting)).isEqualTo("[]");
    assertThat(json("SELECT count(_op) AS n FROM t_changes", waiting)).isEqualTo("[{\"n\":0}]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO t VALUES (1)",
        "/* hm */ drop VIEW t",
        "COPY t TO 'x.csv'",
        "SET threads = 1",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT 1; DROP VIEW t",
        "",
        "  -- nothing"
      })
  void whatDoesNotReadIsRefused(String sql) throws Exception {
    refused(sql, "A copy is only read: write one statement that begins with SELECT", table("t"));
  }

  @Test
  void statementsHiddenInAReadingOneAreRefusedToo() throws Exception {
    refused("WITH x AS (SELECT 1) INSERT INTO t SELECT 1", "Cannot answer the query", table("t"));
    refused("SELECT 1) AS q(v0); DROP VIEW t; SELECT (1", "more than one statement", table("t"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "FROM read_csv('/etc/hostname')",
        "FROM '/etc/hosts.csv'",
        "FROM read_text('/etc/hostname')",
        "FROM glob('/*')",
        "FROM read_parquet('https://127.0.0.1/x.parquet')"
      })
  void noOtherFileIsRead(String sql) throws Exception {
    refused(sql, "A query sees the tables of the copy and no other files", table("t"));
  }

  @Test
  void statementsThatReadAreAnswered() throws Exception {
    LakeTable t = table("t");
    assertThat(json("DESCRIBE t", t)).contains("\"column_name\":\"amount\"", "DECIMAL(12,2)");
    assertThat(json("SHOW TABLES", t)).contains("\"t\"", "\"t_changes\"", "\"tidemark\"");
    assertThat(json("SUMMARIZE t", t)).contains("\"column_name\":\"id\"");
    assertThat(json("EXPLAIN SELECT * FROM t", t)).contains("READ_PARQUET");
    assertThat(json("VALUES (1, 'x')", t)).isEqualTo("[{\"col0\":1,\"col1\":\"x\"}]");
    assertThat(json("WITH x AS (FROM t) SELECT id FROM x", t)).isEqualTo("[{\"id\":1}]");
    assertThat(json("(SELECT id FROM t)", t)).isEqualTo("[{\"id\":1}]");
    assertThat(json("FROM (PIVOT t ON id USING count(*))", t)).contains("\"1\":1");
    assertThat(json("SELECT table_name FROM duckdb_columns() WHERE table_name = 't'", t))
        .contains("\"t\"");
    assertThat(json("FROM query_table('' || 't')", t)).contains("\"id\":1");
  }

  @Test
  void errorsTellWhatDuckDbSaysAndWhatToDo() throws Exception {
    LakeTable t = table("t");
    refused("SELECT nope FROM t", "See a table's columns with: DESCRIBE <table>.", t);
    refused("SELECT id FRM t", "Mend the SQL at the place shown.", t);
    refused("FROM nope", "See what can be asked with: SELECT * FROM tidemark_tables.", t);
    refused("SELECT ('x' || id)::INTEGER FROM t", "Could not convert string 'x1' to INT32", t);
  }

  @Test
  void valuesKeepAllTheirDigits() {
    assertThat(
            json(
                "SELECT 12345678901234567890123456789.50::DECIMAL(38,2) AS d, 0.10::DECIMAL(3,2) AS s,"
                    + " 9223372036854775807 AS l, 170141183460469231731687303715884105727::HUGEINT"
                    + " AS h, 0.1::DOUBLE AS f, 'NaN'::DOUBLE AS n, '-infinity'::FLOAT AS i, true AS b,"
                    + " NULL AS z"))
        .isEqualTo(
            "[{\"d\":12345678901234567890123456789.50,\"s\":0.10,\"l\":9223372036854775807,"
                + "\"h\":170141183460469231731687303715884105727,\"f\":0.1,\"n\":\"NaN\","
                + "\"i\":\"-Infinity\",\"b\":true,\"z\":null}]");
  }

  @Test
  void timesAreIsoWhateverTheZoneOfTheMachine() {
    assertThat(
            json(
                "SELECT TIMESTAMP '2026-09-27 02:50:00' AS gap, TIMESTAMPTZ '2026-09-27 02:50:00+00'"
                    + " AS z, [TIMESTAMP '2026-09-27 02:50:00.123456'] AS l, {'a': TIMESTAMPTZ"
                    + " '0044-03-15 (BC) 12:00:00+00'} AS s, DATE '2026-01-02' AS d, DATE '0044-03-15 (BC)' AS c, TIME '24:00:00'"
                    + " AS t, TIMESTAMP 'infinity' AS i"))
        .isEqualTo(
            "[{\"gap\":\"2026-09-27T02:50:00\",\"z\":\"2026-09-27T02:50:00Z\","
                + "\"l\":[\"2026-09-27T02:50:00.123456\"],\"s\":{\"a\":\"-0043-03-15T12:00:00Z\"},"
                + "\"d\":\"2026-01-02\",\"c\":\"-0043-03-15\",\"t\":\"24:00:00\",\"i\":\"infinity\"}]");
  }

  @Test
  void valuesWithinValuesAreJsonToo() {
    assertThat(
            json(
                "SELECT '{\"a\": [1.0]}'::JSON AS j, {'p q': 1.50::DECIMAL(5,2), 'u': [NULL, 'x']} AS s,"
                    + " MAP {'k': DATE '2026-01-02'} AS m, '\\xAA\\x00'::BLOB AS b, [1, 2]::INTEGER[2] AS"
                    + " a, 'v'::ENUM('v', 'w)') AS e, 'tab\there \"q\" \\' AS t,"
                    + " 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS u, 1 AS x, 2 AS x"))
        .isEqualTo(
            "[{\"j\":{\"a\": [1.0]},\"s\":{\"p q\":1.50,\"u\":[null,\"x\"]},\"m\":{\"k\":\"2026-01-02\"},"
                + "\"b\":\"\\\\xaa00\",\"a\":[1,2],\"e\":\"v\",\"t\":\"tab\\there \\\"q\\\" \\\\\","
                + "\"u\":\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\",\"x\":1,\"x_1\":2}]");
  }

  @Test
  void aTableForATerminalIsAligned() {
    assertThat(
            text(
                "SELECT * FROM (VALUES (1, 'a', 1.50), (20, NULL, NULL), (300, 'one' || chr(10) ||"
                    + " 'two and more', 2.25)) t(id, \"a name\", n)",
                new TextTable.Layout(10, 12)))
        .isEqualTo(
            """
              id | a name       |    n
            -----+--------------+------
               1 | a            | 1.50
              20 | NULL         | NULL
             300 | one\\ntwo an… | 2.25
            (3 rows)
            """);
    assertThat(text("SELECT i FROM range(2000) t(i)", new TextTable.Layout(2, 12)))
        .endsWith(" 0\n 1\n(2,000 rows, the first 2 shown)\n");
    assertThat(text("EXPLAIN SELECT 1", TextTable.Layout.STANDARD)).contains("\n│").contains("\n╰");
    assertThat(text("SELECT 1 AS one", TextTable.Layout.STANDARD)).endsWith("(1 row)\n");
  }

  @Test
  void theOrderOfAQueryIsKeptAndSeveralResultsMayBeOpen() throws Exception {
    try (DuckDbQuery query = new Reading(folder).query(table("t"));
        QueryResult down = query.run("SELECT i FROM range(300000) r(i) ORDER BY i DESC");
        QueryResult up = query.run("SELECT i FROM range(300000) r(i) ORDER BY i")) {
      List<Object> first = new ArrayList<>();
      Iterator<List<Object>> rising = up.iterator();
      down.iterator().forEachRemaining(row -> first.add(row.get(0)));
      assertThat(first).hasSize(300_000).startsWith(299_999L, 299_998L).endsWith(1L, 0L);
      for (long i = 0; i < 300_000; i++) {
        assertThat(rising.next()).isEqualTo(List.of(i));
      }
      assertThat(rising.hasNext()).isFalse();
    }
  }

  @Test
  void whatDoesNotFitInMemorySpillsAndIsRemoved() throws Exception {
    Path spill = folder.resolve("small");
    DuckDbOptions options = new DuckDbOptions(64L << 20, 1, spill);
    try (DuckDbQuery query = DuckDbQuery.open(Reading.TIDEMARK, 0, List.of(), options);
        QueryResult result =
            query.run(
                "SELECT max(s) AS m FROM (SELECT repeat('x', 40) || i AS s FROM range(2500000) r(i)"
                    + " ORDER BY hash(i) OFFSET 1)")) {
      assertThat(result.toJson()).contains("xx999999\"");
    }
    try (var left = Files.list(spill)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void unchangedAndOldRowsStandInTheChanges() throws Exception {
    LakeTable t =
        new LakeTable(
                folder,
                schema(
                    "t",
                    1,
                    ReplicaIdentity.DEFAULT,
                    List.of(1),
                    column(1, "id", BIGINT),
                    column(2, "doc", TEXT)))
            .file(
                Change.of('c', 10, 0, "1", "x").in("t_1"),
                Change.of('u', 11, 0, "2", Cell.UNCHANGED).old("1", null).in("t_1"));
    assertThat(json("SELECT id, doc, _unchanged, _old, _partition FROM t_changes ORDER BY _lsn", t))
        .isEqualTo(
            """
            [{"id":1,"doc":"x","_unchanged":null,"_old":null,"_partition":"t_1"},\
            {"id":2,"doc":null,"_unchanged":["doc"],"_old":{"id":1,"doc":null},"_partition":"t_1"}]""");
  }
}
