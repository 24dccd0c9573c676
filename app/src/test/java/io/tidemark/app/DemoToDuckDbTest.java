package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo with a DuckDB file as its copy, compared value by value with its source. */
class DemoToDuckDbTest {
  private static final Map<String, String> COLUMNS =
      Map.of(
          "customers", "id, first_name, last_name, email",
          "accounts", "id, customer_id, account_type, balance::text, currency",
          "transactions", "id, account_id, txn_type, amount::text, related_account_id, status");

  @TempDir Path folder;

  @Test
  void everyValueIsInTheFile() throws Exception {
    Program.Said said =
        Program.call(folder, "demo", "--to", "duckdb", "--rate", "300", "--for", "6s", "--json");
    assertThat(said.status()).as(said.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(said.lastLine());
    assertThat(report.get("files").asLong()).isZero();
    assertThat(report.get("rowsWritten").asLong()).isGreaterThan(20_000);
    for (JsonNode table : report.get("tables")) {
      assertThat(table.get("state").asText()).isEqualTo("member");
    }
    Path data = folder.resolve("tidemark-data");
    assertThat(data.resolve("lake")).doesNotExist();
    assertThat(data.resolve("bank.read.duckdb")).exists();
    try (EmbeddedPostgres pg =
            EmbeddedPostgres.of(Version.V18).in(data.resolve("postgres")).start();
        Connection source = pg.connect("bank");
        Connection copy =
            DriverManager.getConnection("jdbc:duckdb:" + data.resolve("bank.duckdb"))) {
      for (Map.Entry<String, String> table : COLUMNS.entrySet()) {
        String from = " FROM public." + table.getKey() + " ORDER BY id";
        String columns = "SELECT " + table.getValue() + ", ";
        List<List<String>> expected =
            rows(source, columns + "(extract(epoch FROM created_at) * 1000000)::bigint" + from);
        assertThat(expected).isNotEmpty();
        assertThat(rows(copy, columns + "epoch_us(created_at)" + from).equals(expected))
            .as(table.getKey())
            .isTrue();
      }
    }
    Program.Said status = Program.inProcess("status", "--data", data.toString());
    assertThat(status.status()).as(status.err()).isZero();
    Program.Said query =
        Program.inProcess(
            "query", "--data", data.toString(), "--json", "SELECT count(*) AS n FROM accounts");
    assertThat(query.status()).as(query.err()).isZero();
    assertThat(query.out()).contains("[{\"n\":" + copied("accounts", data) + "}]");
    Program.Said asOf =
        Program.inProcess("query", "--data", data.toString(), "--as-of", "0/1", "FROM accounts");
    assertThat(asOf.status()).isEqualTo(2);
    assertThat(asOf.err()).contains("bank.duckdb holds one");
  }

  @Test
  void theFileIsVerifiedWhileItIsWrittenAndAfterwards() throws Exception {
    Path data = folder.resolve("tidemark-data");
    try (Program demo = Program.start(folder, "demo", "--to", "duckdb", "--rate", "200")) {
      Path published = data.resolve("bank.read.duckdb");
      while (!Files.exists(published) && demo.isRunning()) {
        Thread.sleep(50);
      }
      for (String[] how :
          new String[][] {{"--round", "5000"}, {"--one-position", "--round", "5000"}}) {
        JsonNode report = verified(data, how);
        assertThat(how.length == 2 || report.get("position").asText().contains("/")).isTrue();
      }
      demo.signal("TERM");
      assertThat(demo.end(60).status()).isZero();
    }
    assertThat(data.resolve("bank.read.duckdb.wanted")).doesNotExist();
    verified(data);
    // a row of the copy is changed by hand
    try (Connection copy =
            DriverManager.getConnection("jdbc:duckdb:" + data.resolve("bank.duckdb"));
        Statement statement = copy.createStatement()) {
      statement.execute("UPDATE public.customers SET email = upper(email) WHERE id = 7");
    }
    Program.Said said = Program.inProcess("verify", "--data", data.toString());
    assertThat(said.status()).as(said.err() + said.out()).isEqualTo(1);
  }

  private static JsonNode verified(Path data, String... how) throws Exception {
    List<String> command = new ArrayList<>(List.of("verify", "--data", data.toString(), "--json"));
    command.addAll(List.of(how));
    Program.Said said = Program.inProcess(command.toArray(String[]::new));
    assertThat(said.status()).as(said.err() + said.out()).isZero();
    JsonNode report = new ObjectMapper().readTree(said.lastLine());
    assertThat(report.get("tables")).hasSize(3);
    return report;
  }

  private static long copied(String table, Path data) throws Exception {
    try (Connection copy =
        DriverManager.getConnection("jdbc:duckdb:" + data.resolve("bank.duckdb"))) {
      return Long.parseLong(rows(copy, "SELECT count(*) FROM public." + table).get(0).get(0));
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
