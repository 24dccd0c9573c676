package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A move to a copy, as the guide's section "Moving to the copy" has it. */
class CutoverTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long LIMIT_NANOS = Duration.ofSeconds(90).toNanos();

  @TempDir Path folder;

  @Test
  void theCopyGoesOnWhereTheSourceStands() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18)) {
      pg.createDatabase("moved");
      pg.execute(
          "CREATE SEQUENCE free START 50 INCREMENT 5",
          "CREATE SEQUENCE lonely",
          "CREATE TABLE owners (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE)",
          "CREATE TABLE items (id serial PRIMARY KEY, no bigint DEFAULT nextval('free'), owner bigint"
              + " REFERENCES owners, inner_no bigint GENERATED ALWAYS AS IDENTITY, twice bigint"
              + " GENERATED ALWAYS AS (no * 2) STORED)",
          "CREATE TYPE kind AS ENUM ('b', 'a')",
          "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
          "CREATE TABLE kinds (kind kind, no positive, what kind[], PRIMARY KEY (kind, no))",
          "INSERT INTO kinds SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END::kind, i, '{a,b}' FROM"
              + " generate_series(1, 50) i",
          "CREATE INDEX items_no ON items (no)",
          "CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY)",
          "CREATE TABLE other (id int PRIMARY KEY)",
          "CREATE VIEW all_items AS SELECT * FROM items",
          "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM items",
          "CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'",
          "SELECT lo_create(0)",
          "INSERT INTO owners (name) VALUES ('a'), ('b')",
          "INSERT INTO items (owner) SELECT 1 + i % 2 FROM generate_series(1, 7) i");
      String config = configuration(pg);
      Program.Said early = Program.inProcess("cutover", "--config", config, "--yes");
      assertThat(early.status()).isEqualTo(2);
      assertThat(early.err()).contains("pipeline move does not run");
      try (Program pipeline = Program.start(folder, "run", config)) {
        awaitMembers(pipeline, pg, 3);
        pg.execute("INSERT INTO items (owner) VALUES (1)", "SELECT nextval('free')");
        Program.Said proof = Program.inProcess("verify", "--config", config);
        assertThat(proof.status()).as(proof.out() + proof.err()).isZero();
        Program.Said unasked = Program.inProcess("cutover", "--config", config);
        assertThat(unasked.status()).isEqualTo(2);
        Program.Said said = Program.inProcess("cutover", "--config", config, "--yes", "--json");
        assertThat(said.status()).as(said.out() + said.err()).isZero();
        JsonNode facts = JSON.readTree(said.out());
        assertThat(facts.get("done").asBoolean()).isTrue();
        assertThat(facts.get("notCaptured").toString())
            .contains(
                "scratch", "other", "counted", "all_items", "lonely", "two()", "large objects");
        String text = Program.inProcess("cutover", "--config", config, "--yes").out();
        assertThat(text)
            .contains("gives 9 next", "Not captured", "1 unlogged tables: public.scratch");
        pipeline.signal("TERM");
        assertThat(pipeline.end(20).status()).isZero();
        runWhatIsSaid(pg, facts);
      }
      String insert =
          "INSERT INTO public.items (owner) VALUES (1) RETURNING id, no, inner_no, twice";
      assertThat(ask(pg, "moved", insert)).isEqualTo(ask(pg, "postgres", insert));
      String owner = "INSERT INTO public.owners (name) VALUES ('c') RETURNING id";
      assertThat(ask(pg, "moved", owner)).isEqualTo(ask(pg, "postgres", owner));
      String parts =
          "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE"
              + " conrelid IN ('public.items'::regclass, 'public.owners'::regclass) ORDER BY 2";
      assertThat(ask(pg, "moved", parts)).isEqualTo(ask(pg, "postgres", parts));
      String columns =
          "SELECT attname, attnotnull, attidentity, attgenerated FROM pg_attribute WHERE attrelid ="
              + " 'public.items'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1";
      assertThat(ask(pg, "moved", columns)).isEqualTo(ask(pg, "postgres", columns));
      assertThat(Program.inProcess("doctor", config).out())
          .contains("not-captured: Not in the copy: 1 unlogged tables: public.scratch.");
    }
  }

  private String configuration(EmbeddedPostgres pg) throws Exception {
    Path file = folder.resolve("move.yaml");
    Files.writeString(
        file,
        """
        name: move
        data-dir: %s
        flush.interval: 200ms
        source:
          type: postgres
          url: %s
          tables.exclude: public.other
          tables.refresh: 200ms
        sinks:
          - type: postgres
            url: %s
        """
            .formatted(folder.resolve("data"), pg.uri("postgres"), pg.uri("moved")));
    return file.toString();
  }

  private static void awaitMembers(Program pipeline, EmbeddedPostgres pg, int tables)
      throws Exception {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    String found = "";
    while (System.nanoTime() - deadline < 0) {
      assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
      try {
        found =
            ask(pg, "moved", "SELECT count(*) FROM tidemark.tables WHERE state = 'member'")
                .toString();
        if (found.equals("[" + tables + "]")) {
          return;
        }
      } catch (java.sql.SQLException e) {
        found = e.getMessage(); // nothing is there yet
      }
      Thread.sleep(50);
    }
    throw new AssertionError(found + pipeline.said());
  }

  private static void runWhatIsSaid(EmbeddedPostgres pg, JsonNode facts) throws Exception {
    for (JsonNode lack : facts.get("lacks")) {
      try (Connection connection = pg.connect("moved");
          Statement statement = connection.createStatement()) {
        statement.execute(lack.get("sql").asText());
      }
    }
  }

  private static List<String> ask(EmbeddedPostgres pg, String database, String sql)
      throws Exception {
    try (Connection connection = pg.connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getString(i));
        }
        all.add(String.join("|", row.stream().map(String::valueOf).toList()));
      }
      return all;
    }
  }
}
