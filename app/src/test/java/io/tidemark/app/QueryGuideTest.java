package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the guides say of asking a copy, tried on the demo's: every SQL block of theirs, earlier
 * tidemarks by position and by time, before and after files are joined; and an engine that knows
 * nothing of us, with the SQL of the lake's guide, answers the same.
 */
class QueryGuideTest {
  private static final String SUMS = "SELECT count(*) AS n, sum(amount) AS s FROM transactions";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void theGuidesAreTrueOfTheDemosCopy() throws Exception {
    String tidemark = demo();
    String early = ask(SUMS);
    String time = JSON.readTree(ask("FROM tidemark")).get(0).get("committed_at").asText();
    assertThat(demo()).isNotEqualTo(tidemark);
    String late = ask(SUMS);
    assertThat(late).isNotEqualTo(early);

    answers(early, late, tidemark, time);
    Program.Said joined = Program.inProcess("compact", "--data", data());
    assertThat(joined.status()).as(joined.err()).isZero();
    answers(early, late, tidemark, time);
    everyStatementOfTheGuideIsAnswered();
    anotherEngineAnswersTheSame();
  }

  /** Runs it for some seconds; returns its tidemark. */
  private String demo() throws Exception {
    Program.Said said =
        Program.call(folder, "demo", "--data", data(), "--rate", "100", "--for", "4s", "--json");
    assertThat(said.status()).as(said.err()).isZero();
    return JSON.readTree(said.lastLine()).get("tidemark").asText();
  }

  private String data() {
    return folder.resolve("demo").toString();
  }

  private String ask(String sql, String... options) {
    List<String> call = new ArrayList<>(List.of("query", "--data", data(), "--json"));
    call.addAll(List.of(options));
    call.add(sql);
    Program.Said said = Program.inProcess(call.toArray(String[]::new));
    assertThat(said.status()).as("%s: %s", sql, said.err()).isZero();
    return said.out();
  }

  private void answers(String early, String late, String tidemark, String time) {
    assertThat(ask(SUMS)).isEqualTo(late);
    assertThat(ask(SUMS, "--as-of", tidemark)).isEqualTo(early);
    assertThat(ask(SUMS, "--as-of", time)).isEqualTo(early);
  }

  private static List<String> statements(String guide) throws Exception {
    String text = Files.readString(Path.of("..", "docs", "guide", guide));
    Matcher blocks = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL).matcher(text);
    List<String> statements = new ArrayList<>();
    while (blocks.find()) {
      String block = blocks.group(1).replaceAll("(?m)^--.*$", "");
      Arrays.stream(block.split(";")).filter(sql -> !sql.isBlank()).forEach(statements::add);
    }
    return statements;
  }

  private void everyStatementOfTheGuideIsAnswered() throws Exception {
    List<String> statements = statements("query.md");
    assertThat(statements).hasSizeGreaterThan(4);
    for (String sql : statements) {
      JsonNode rows = JSON.readTree(ask(sql));
      // The one that looks for accounts whose balance is wrong finds none.
      assertThat(rows.isEmpty()).as(sql).isEqualTo(sql.contains("HAVING a.balance <>"));
    }
  }

  private void anotherEngineAnswersTheSame() throws Exception {
    List<List<String>> accounts = List.of();
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement()) {
      for (String sql : statements("lake.md")) {
        String here = sql.replace("/data/lake", data() + "/lake").strip();
        if (here.startsWith("SELECT")) {
          accounts = rows(statement, here);
        } else {
          statement.execute(here);
        }
      }
      String counts = "SELECT count(*), count(DISTINCT (_lsn, _seq)), sum(balance) FROM ";
      assertThat(
              rows(statement, counts + "read_parquet('" + data() + "/lake/accounts/**/*.parquet')"))
          .as("listed files hold each row once")
          .isEqualTo(rows(statement, counts + "accounts_changes"));
    }
    List<List<String>> ours = new ArrayList<>();
    for (JsonNode row :
        JSON.readTree(ask("SELECT id, balance::text AS b FROM accounts ORDER BY 1"))) {
      ours.add(List.of(row.get("id").asText(), row.get("b").asText()));
    }
    assertThat(ours).isNotEmpty();
    assertThat(accounts.stream().map(row -> List.of(row.get(0), row.get(3))).toList())
        .isEqualTo(ours);
  }

  private static List<List<String>> rows(Statement statement, String sql) throws Exception {
    try (ResultSet found = statement.executeQuery(sql)) {
      List<List<String>> rows = new ArrayList<>();
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          row.add(found.getString(i));
        }
        rows.add(row);
      }
      return rows;
    }
  }
}
