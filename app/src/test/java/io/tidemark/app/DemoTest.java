package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo, called as a user calls it, and its copy compared value by value with its source. */
class DemoTest {
  /** Columns as text that PostgreSQL and DuckDB write alike. */
  private static final Map<String, String> COLUMNS =
      new TreeMap<>(
          Map.of(
              "customers", "id, first_name, last_name, email, %s",
              "accounts", "id, customer_id, account_type, balance::text, currency, %s",
              "transactions",
                  "id, account_id, txn_type, amount::text, related_account_id, status, %s"));

  /** What a user is promised of Ctrl-C and SIGTERM. */
  private static final int STOP_SECONDS = 10;

  @TempDir Path folder;

  @Test
  void copiesEveryValueStopsCleanlyAndGoesOnWhereItWas() throws Exception {
    try (Program demo = Program.start(folder, "demo", "--rate", "200", "--json")) {
      awaitRows(demo, 20_500);
      demo.signal("TERM");
      Program.Said said = demo.end(STOP_SECONDS);
      assertThat(said.status()).as(said.err()).isZero();
      assertReport(said);
    }
    String first = assertCopyEqualsSource("public");
    assertThat(Program.call(folder, "query", "SELECT count(*) AS n FROM accounts").out())
        .contains(" n", "(1 row)");
    try (Program demo = Program.start(folder, "demo", "--seed", "2", "--json")) {
      awaitTidemarkAfter(demo, first);
      demo.interrupt();
      assertThat(demo.end(STOP_SECONDS).status()).isZero();
    }
    assertThat(assertCopyEqualsSource("public")).isNotEqualTo(first);
    assertThat(Files.readString(folder.resolve("tidemark-data/tidemark.log"))).isNotEmpty();
  }

  @Test
  void aKilledDemoLosesAndRepeatsNothing() throws Exception {
    try (Program demo = Program.start(folder, "demo", "--rate", "300", "--seed", "3")) {
      awaitRows(demo, 20_200);
      demo.signal("KILL");
      demo.end(STOP_SECONDS);
    }
    Program.Said again = Program.call(folder, "demo", "--for", "3s", "--json");
    assertThat(again.status()).as(again.err()).isZero();
    assertCopyEqualsSource("public");
  }

  @Test
  void copiesToS3AndIsReadFromThere() throws Exception {
    try (Program demo = Program.start(folder, "demo", "--s3", "--json")) {
      awaitRows(demo, 20_100);
      demo.signal("TERM");
      assertThat(demo.end(STOP_SECONDS).status()).isZero();
    }
    assertThat(folder.resolve("tidemark-data/lake")).doesNotExist();
    assertCopyEqualsSource("public");
  }

  @Test
  void keepsToASchemaOfItsOwnInADatabaseOfTheUsers() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V15)) {
      pg.execute("CREATE TABLE precious (id int PRIMARY KEY)", "INSERT INTO precious VALUES (1)");
      String url = pg.uri("postgres");
      Program.Said asked = Program.call(folder, "demo", "--source", url);
      assertThat(asked.status()).isEqualTo(2);
      assertThat(asked.err()).contains("Add --yes");
      assertThat(rows(pg, "SELECT slot_name FROM pg_replication_slots")).isEmpty();

      Program.Said said =
          Program.call(folder, "demo", "--source", url, "--yes", "--for", "5s", "--json");
      assertThat(said.status()).as(said.err()).isZero();
      assertThat(new ObjectMapper().readTree(said.lastLine()).findValuesAsText("name"))
          .containsExactly(
              "tidemark_demo.accounts", "tidemark_demo.customers", "tidemark_demo.transactions");
      assertCopyEquals(pg, "postgres", "tidemark_demo");
      assertThat(rows(pg, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
          .containsExactly(List.of("precious"));
      assertThat(said.out() + said.err()).doesNotContain(pg.password());

      Program.Said dropped = Program.call(folder, "drop", "--data", "tidemark-data", "--yes");
      assertThat(dropped.status()).as(dropped.err()).isZero();
      assertThat(rows(pg, "SELECT slot_name FROM pg_replication_slots")).isEmpty();
      assertThat(rows(pg, "SELECT pubname FROM pg_publication")).isEmpty();
    }
  }

  @Test
  void onlyOneAtATimeUsesAFolder() throws Exception {
    try (Program demo = Program.start(folder, "demo", "--json")) {
      awaitRows(demo, 1);
      Program.Said second = Program.call(folder, "demo");
      assertThat(second.status()).isEqualTo(3);
      assertThat(second.err()).contains("another one is running there");
    }
  }

  private static void assertReport(Program.Said said) throws Exception {
    JsonNode report = new ObjectMapper().readTree(said.lastLine());
    assertThat(report.get("tidemark").asText()).matches("[0-9A-F]+/[0-9A-F]+");
    assertThat(report.get("changesCaptured").asLong()).isGreaterThan(20_000);
    assertThat(report.get("rowsWritten").asLong()).isGreaterThan(20_000);
    assertThat(report.get("files").asLong()).isGreaterThanOrEqualTo(3);
    assertThat(report.get("lagBytes").isIntegralNumber()).isTrue();
    assertThat(report.get("tables")).hasSize(3);
    for (JsonNode table : report.get("tables")) {
      assertThat(table.get("name").asText()).startsWith("public.");
      assertThat(table.get("state").asText()).isEqualTo("member");
      assertThat(table.get("rows").asLong()).isPositive();
    }
  }

  /** Waits until a query answers so many transactions while the demo runs. */
  private void awaitRows(Program demo, long count) throws Exception {
    long seen = -1;
    while (seen < count) {
      assertThat(demo.isRunning()).as(demo.said()).isTrue();
      TimeUnit.MILLISECONDS.sleep(100); // it needs the processor that asking would take
      Program.Said said = query("SELECT count(*) AS n FROM transactions");
      seen =
          said.status() == 0
              ? new ObjectMapper().readTree(said.out()).get(0).get("n").asLong()
              : -1;
    }
  }

  private void awaitTidemarkAfter(Program demo, String tidemark) throws Exception {
    while (tidemark().equals(tidemark)) {
      assertThat(demo.isRunning()).as(demo.said()).isTrue();
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private String tidemark() throws Exception {
    return answer("SELECT position FROM tidemark").get(0).get(0);
  }

  /**
   * Compares with the demo's own PostgreSQL, which does not run any more, and tells the tidemark.
   */
  private String assertCopyEqualsSource(String schema) throws Exception {
    Path home = folder.resolve("tidemark-data/postgres");
    assertThat(home.resolve("data/postmaster.pid")).as("its PostgreSQL has stopped").doesNotExist();
    try (EmbeddedPostgres pg = EmbeddedPostgres.of(Version.V18).in(home).start()) {
      assertCopyEquals(pg, "bank", schema);
    }
    return tidemark();
  }

  private void assertCopyEquals(EmbeddedPostgres pg, String database, String schema)
      throws Exception {
    BankSchema bank = new BankSchema(schema);
    for (Map.Entry<String, String> table : COLUMNS.entrySet()) {
      String from = " FROM " + bank.qualified(table.getKey()) + " ORDER BY id";
      List<List<String>> expected;
      try (Connection connection = pg.connect(database)) {
        expected =
            rows(
                connection,
                "SELECT "
                    + table
                        .getValue()
                        .formatted("(extract(epoch FROM created_at) * 1000000)::bigint")
                    + from);
      }
      assertThat(expected).isNotEmpty();
      assertThat(answer("SELECT " + table.getValue().formatted("epoch_us(created_at)") + from))
          .as(table.getKey())
          .isEqualTo(expected);
    }
    assertThat(answer(bank.unbalanced())).isEmpty();
    assertThat(Double.parseDouble(answer(bank.transferred()).get(0).get(0))).isZero();
  }

  private Program.Said query(String sql) {
    String data = folder.resolve("tidemark-data").toString();
    return Program.inProcess("query", "--data", data, "--json", sql);
  }

  private List<List<String>> answer(String sql) throws Exception {
    Program.Said said = query(sql);
    assertThat(said.status()).as(said.err()).isZero();
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode row : new ObjectMapper().readTree(said.out())) {
      List<String> values = new ArrayList<>();
      row.forEach(value -> values.add(value.isNull() ? null : value.asText()));
      rows.add(values);
    }
    return rows;
  }

  private static List<List<String>> rows(EmbeddedPostgres pg, String sql) throws Exception {
    try (Connection connection = pg.connect()) {
      return rows(connection, sql);
    }
  }

  private static List<List<String>> rows(Connection connection, String sql) throws Exception {
    List<List<String>> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          values.add(result.getString(i));
        }
        rows.add(values);
      }
    }
    return rows;
  }
}
