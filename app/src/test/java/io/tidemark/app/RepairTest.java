package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemark.app.bank.BankGenerator;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code tidemark verify --repair} mends every planted difference in every kind of copy, and what
 * is written afterwards is not undone by it. Compared by a reader that knows nothing of verify.
 */
@Tag("thorough")
@Timeout(240)
class RepairTest {
  private static final List<String> SINKS = List.of("lake", "both", "changes", "base");

  /** Texts of every value of a row that are the same in PostgreSQL and in DuckDB. */
  private static final Map<String, String> VALUES =
      Map.of(
          "rows", "id, name, price, md5(doc), ratio::text = '-0' OR ratio::text = '-0.0'",
          "words", "word, n",
          "parts", "id, place, v",
          "emptied", "id, v",
          "loose", "word, n");

  @TempDir Path folder;

  private String sinks(EmbeddedPostgres server) {
    return """
      - {type: parquet, name: lake, path: %1$s/lake}
      - {type: duckdb, name: both, path: %1$s/both.duckdb, keep: both}
      - {type: duckdb, name: changes, path: %1$s/changes.duckdb, keep: changes}
      - {type: postgres, name: base, url: "%2$s"}
    """
        .formatted(folder, server.uri("target"));
  }

  @Test
  void everyKindOfDifferenceIsMendedInEveryKindOfCopy() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.start(Version.V18)) {
      server.createDatabase("repaired");
      server.createDatabase("target");
      try (VerifiedCopy copy = VerifiedCopy.with(server, "repaired", folder, sinks(server), "");
          BankGenerator bank =
              new BankGenerator(() -> connect(server), new BankSchema("public"), 7)) {
        source(copy);
        bank.open();
        bank.bulk(200);
        int tables = 5 + BankSchema.TABLES.size();
        copy.start(tables);
        copy.catchUp();
        copy.stop();
        assertThat(copy.call("--repair").status()).isEqualTo(3);
        assertThat(copy.call("--repair").err()).contains("no pipeline runs", "Start it");
        Program.Said asked = copy.query("--sink", "base", "SELECT 1");
        assertThat(asked.status()).isEqualTo(2);
        assertThat(asked.err()).contains("Ask it with psql");
        plantInLake(copy);
        plantInFile(folder.resolve("both.duckdb"), "public.");
        plantInChanges(folder.resolve("changes.duckdb"));
        plantInDatabase(server);
        copy.start(tables);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> business =
            CompletableFuture.allOf(
                CompletableFuture.runAsync(() -> run(bank)),
                CompletableFuture.runAsync(() -> churn(server, over)));
        for (String sink : SINKS) {
          repaired(copy, sink);
        }
        over.set(true);
        bank.stop();
        business.get();
        // nothing of it is newer than what comes now
        copy.execute(
            "UPDATE rows SET name = 'after' WHERE id IN (17, 18)",
            "DELETE FROM rows WHERE id = 19",
            "UPDATE rows SET id = 9000 WHERE id = 20",
            "UPDATE rows SET price = 7 WHERE id = 21", // leaves the long text out of the log
            "INSERT INTO rows VALUES (500000, 'new', 1, 1, 'short')",
            "TRUNCATE parts_b",
            "UPDATE words SET n = -1 WHERE word = 'Word 9'");
        copy.catchUp();
        for (String sink : SINKS) {
          VerifiedCopy.Verified after = copy.verify("--sink", sink);
          assertThat(after.isEqual()).as(sink + " " + after.report()).isTrue();
        }
        copy.stop();
        equalByOtherReaders(server);
      }
    }
  }

  private static Connection connect(EmbeddedPostgres server) {
    try {
      return server.connect("repaired");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void run(BankGenerator bank) {
    try {
      bank.run(50);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Rows that do not differ come, go and change beside those that do. */
  private static void churn(EmbeddedPostgres server, AtomicBoolean over) {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      for (int n = 0; !over.get(); n++) {
        int id = 100 + n * 37 % 200;
        statement.execute("UPDATE rows SET price = price + 1 WHERE id = " + id);
        statement.execute("DELETE FROM rows WHERE id = " + (id + 1));
        statement.execute("INSERT INTO rows VALUES (" + (1_000_000 + n) + ", 'n', 1, 1, 'd')");
        statement.execute("UPDATE loose SET n = n + 5 WHERE word = 'w3'");
        Thread.sleep(20); // about two hundred changes a second
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void source(VerifiedCopy copy) throws Exception {
    copy.execute(
        "CREATE TABLE rows (id bigint PRIMARY KEY, name text, price numeric(10,2), ratio float8,"
            + " doc text)",
        "ALTER TABLE rows ALTER doc SET STORAGE EXTERNAL",
        "INSERT INTO rows SELECT n, 'name ' || n, 1.50, CASE WHEN n % 2 = 0 THEN 0::float8 ELSE '-0' END,"
            + " repeat(n::text, 3000) FROM generate_series(1, 300) n",
        "CREATE TABLE words (word text PRIMARY KEY, n int)",
        "INSERT INTO words SELECT 'Word ' || n, n FROM generate_series(1, 200) n",
        "CREATE TABLE parts (id int, place text, v text, PRIMARY KEY (place, id))"
            + " PARTITION BY LIST (place)",
        "CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a')",
        "CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b')",
        "INSERT INTO parts SELECT n, chr(97 + n % 2), 'v' FROM generate_series(1, 100) n",
        "CREATE TABLE emptied (id int PRIMARY KEY, v text)",
        "INSERT INTO emptied VALUES (7, 'a'), (8, 'b')",
        "TRUNCATE emptied",
        "CREATE TABLE loose (word text, n int)",
        "ALTER TABLE loose REPLICA IDENTITY FULL",
        "INSERT INTO loose SELECT 'w' || n % 5, n % 5 FROM generate_series(1, 100) n");
  }

  private static void repaired(VerifiedCopy copy, String sink) throws Exception {
    VerifiedCopy.Verified found = copy.verify("--sink", sink, "--repair");
    assertThat(found.differences("rows"))
        .as(sink)
        .containsExactlyInAnyOrder(
            "missing 17",
            "extra 500000",
            "extra -24",
            "changed 18 .name",
            "changed 19 .name",
            "changed 21 .price .doc",
            "changed 22 .ratio");
    assertThat(found.differences("words")).as(sink).contains("missing Word 9");
    assertThat(found.differences("parts")).as(sink).contains("missing b 9");
    assertThat(found.differences("emptied")).as(sink).hasSize(2);
    JsonNode repair = found.report().get("repair");
    assertThat(found.status()).as(sink + " " + found.report()).isZero();
    assertThat(repair.get("equal").asBoolean()).isTrue();
    assertThat(repair.get("historyLeftAsItWas").asBoolean()).isEqualTo(!sink.equals("base"));
    for (JsonNode table : repair.get("tables")) {
      boolean keyed = !table.get("table").asText().equals("public.loose");
      assertThat(table.get("way").asText()).isEqualTo(keyed ? "rewritten" : "copied-again");
    }
  }

  private static void plantInLake(VerifiedCopy copy) throws Exception {
    String doc21 = "21".repeat(3000);
    copy.plant(
        "rows",
        rows ->
            rows.delete(17L)
                .insert(500_000L, "extra", new BigDecimal("1.50"), 0.0, "x")
                .insert(-24L, "old key", new BigDecimal("1.50"), 0.0, "x")
                .update(18L, "other", new BigDecimal("1.50"), 0.0, "18".repeat(3000))
                .update(19L, "NAME 19", new BigDecimal("1.50"), -0.0, "19".repeat(3000))
                .update(21L, "name 21", new BigDecimal("1.40"), -0.0, doc21 + "!")
                .update(22L, "name 22", new BigDecimal("1.50"), -0.0, "22".repeat(3000)));
    copy.plant("words", rows -> rows.delete("Word 9").update("Word 10", 8));
    copy.plant("parts", rows -> rows.delete(9, "b").leaf("public.parts_b"));
    copy.plant("emptied", rows -> rows.insert(7, "a").insert(8, "b"));
    copy.plant("loose", rows -> rows.insert("w1", 1).delete("w2", 2));
  }

  private static void plant(Statement statement, String schema) throws SQLException {
    for (String sql :
        List.of(
            "DELETE FROM %srows WHERE id = 17",
            "UPDATE %srows SET name = 'other' WHERE id = 18",
            "UPDATE %srows SET name = 'NAME 19' WHERE id = 19",
            "UPDATE %srows SET price = 1.40, doc = doc || '!' WHERE id = 21",
            "UPDATE %srows SET ratio = 'NaN' WHERE id = 22",
            "INSERT INTO %srows VALUES (500000, 'extra', 1, 1, 'x'), (-24, 'old key', 1, 1, 'x')",
            "DELETE FROM %swords WHERE word = 'Word 9'",
            "UPDATE %swords SET n = 8 WHERE word = 'Word 10'",
            "DELETE FROM %sparts WHERE id = 9 AND place = 'b'",
            "INSERT INTO %semptied VALUES (7, 'a'), (8, 'b')",
            "INSERT INTO %sloose VALUES ('w1', 1)",
            "UPDATE %sloose SET n = 77 WHERE word = 'w2'")) {
      statement.execute(sql.formatted(schema));
    }
  }

  private static void plantInFile(Path file, String schema) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = connection.createStatement()) {
      plant(statement, schema);
    }
  }

  private static void plantInDatabase(EmbeddedPostgres server) throws SQLException {
    try (Connection connection = server.connect("target");
        Statement statement = connection.createStatement()) {
      plant(statement, "public.");
    }
  }

  /** Changes are missing, have other values, or are there though nothing happened. */
  private static void plantInChanges(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
        Statement statement = connection.createStatement()) {
      String rows = changes(statement, "rows");
      for (String sql :
          List.of(
              "DELETE FROM %s WHERE id = 17",
              "UPDATE %s SET name = 'other' WHERE id = 18",
              "UPDATE %s SET name = 'NAME 19' WHERE id = 19",
              "UPDATE %s SET price = 1.40, doc = doc || '!' WHERE id = 21",
              "UPDATE %s SET ratio = 'NaN' WHERE id = 22",
              "INSERT INTO %1$s SELECT * REPLACE (500000 AS id) FROM %1$s WHERE id = 1",
              "INSERT INTO %1$s SELECT * REPLACE (-24 AS id) FROM %1$s WHERE id = 1")) {
        statement.execute(sql.formatted(rows));
      }
      statement.execute("DELETE FROM " + changes(statement, "words") + " WHERE word = 'Word 9'");
      statement.execute(
          "DELETE FROM " + changes(statement, "parts") + " WHERE id = 9 AND place = 'b'");
      String emptied = changes(statement, "emptied");
      statement.execute(
          ("INSERT INTO %1$s SELECT e.* REPLACE (i::INTEGER AS id, 'a' AS v, 'c' AS _op, _seq + i AS"
                  + " _seq) FROM %1$s e, range(7, 9) t(i) WHERE _op = 't'")
              .formatted(emptied));
      statement.execute("UPDATE " + changes(statement, "loose") + " SET n = 77 WHERE word = 'w2'");
    }
  }

  private static String changes(Statement statement, String table) throws SQLException {
    try (ResultSet name =
        statement.executeQuery(
            "SELECT '_tidemark.\"' || table_name || '\"' FROM duckdb_columns() WHERE column_name ="
                + " '_op' AND schema_name = '_tidemark' AND table_name LIKE '%"
                + table
                + "%'")) {
      assertThat(name.next()).as("changes of " + table).isTrue();
      return name.getString(1);
    }
  }

  private void equalByOtherReaders(EmbeddedPostgres server) throws Exception {
    try (Connection source = server.connect("repaired");
        Connection base = server.connect("target");
        Connection both =
            DriverManager.getConnection("jdbc:duckdb:" + folder.resolve("both.duckdb"));
        Connection changes =
            DriverManager.getConnection("jdbc:duckdb:" + folder.resolve("changes.duckdb"));
        Connection lake = DriverManager.getConnection("jdbc:duckdb:")) {
      for (String table : VALUES.keySet()) {
        Map<String, Long> wanted = rows(source, table, "public." + table);
        assertThat(rows(base, table, "public." + table)).as("base " + table).isEqualTo(wanted);
        assertThat(rows(both, table, "public." + table)).as("both " + table).isEqualTo(wanted);
        assertThat(rows(changes, table, "public." + table))
            .as("changes " + table)
            .isEqualTo(wanted);
        if (!table.equals("loose")) {
          assertThat(rows(lake, table, last(table))).as("lake " + table).isEqualTo(wanted);
        }
      }
    }
  }

  /** The last change of each key in the Parquet files, told by the plainest SQL there is. */
  private String last(String table) throws Exception {
    try (Stream<Path> files = Files.walk(folder.resolve("lake").resolve(table))) {
      assertThat(files.filter(file -> file.toString().endsWith(".parquet"))).isNotEmpty();
    }
    String all =
        "read_parquet('%s/lake/%s/**/*.parquet', union_by_name = true, hive_partitioning = false)"
            .formatted(folder, table);
    String key = table.equals("words") ? "word" : table.equals("parts") ? "(place, id)" : "id";
    boolean rows = table.equals("rows");
    String left = rows ? " UNION ALL SELECT _old.id, pos FROM a WHERE _old IS NOT NULL" : "";
    // a long text that the log left out is the last one under the key, or under the one before
    String doc =
        "CASE WHEN list_contains(a._unchanged, 'doc') THEN (SELECT arg_max(b.doc, b.pos) FROM a b"
            + " WHERE b.k IN (a.k, a._old.id) AND b.pos < a.pos AND b.doc IS NOT NULL) ELSE a.doc"
            + " END AS doc";
    return """
        (WITH a AS (SELECT *, (_lsn, _seq) AS pos, %1$s AS k, %2$s AS leaf FROM %3$s),
        last AS (SELECT k, max(pos) AS p FROM (SELECT k, pos FROM a WHERE _op <> 't'%4$s) GROUP BY k)
        SELECT a.* REPLACE (%5$s) FROM a JOIN last ON a.k = last.k AND a.pos = last.p
        WHERE a._op IN ('r', 'c', 'u') AND NOT EXISTS (SELECT 1 FROM a t
          WHERE t._op = 't' AND (t.leaf IS NULL OR t.leaf = a.leaf) AND t.pos > a.pos))
        """
        .formatted(
            key,
            table.equals("parts") ? "_partition" : "NULL",
            all,
            left,
            rows ? doc : "a._lsn AS _lsn");
  }

  private static Map<String, Long> rows(Connection connection, String table, String from)
      throws SQLException {
    Map<String, Long> rows = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + VALUES.get(table) + " FROM " + from)) {
      while (row.next()) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          text.append(row.getString(i)).append('|');
        }
        rows.merge(
            text.toString().replace("|t|", "|true|").replace("|f|", "|false|"), 1L, Long::sum);
      }
    }
    return rows;
  }
}
