package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.doctor.EventTrigger;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that operate a pipeline, against one that runs and one that does not. */
class PipelineCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private int metricsPort;

  @Test
  void initWritesAConfigurationThatValidatesAndNeverThePassword() throws Exception {
    String file = folder.resolve("shop.yaml").toString();
    String url = "postgres://me:s3cret@db.example.org:5433/shop?sslmode=require";
    Program.Said said = Program.inProcess("init", file, "--source", url, "--sink", "s3://b/p");
    assertThat(said.status()).as(said.err()).isZero();
    assertThat(said.err()).contains("The password was left out");
    String text = Files.readString(Path.of(file));
    assertThat(text)
        .contains("url: postgres://me@db.example.org:5433/shop?sslmode=require")
        .contains("\nname: shop\n", "\ndata-dir: shop-data\n", "path: s3://b/p")
        .doesNotContain("s3cret");
    Program.Said valid = Program.inProcess("validate", file, "--json");
    assertThat(valid.status()).as(valid.err()).isZero();
    assertThat(JSON.readTree(valid.out()).get("source").asText())
        .isEqualTo("me@db.example.org:5433/shop");

    Program.Said again = Program.inProcess("init", file, "--source", "postgres://h/other");
    assertThat(again.status()).isEqualTo(2);
    assertThat(again.err()).contains("it exists. Name another file, or add --force");
    assertThat(Program.inProcess("init", file, "--force").status()).isZero();
  }

  @Test
  void validateTellsEveryProblemWithItsLine() throws Exception {
    Path file = folder.resolve("wrong.yaml");
    Files.writeString(
        file,
        """
        name: wrong
        flush.intervall: 5s
        source:
          type: postgres
          slot: Not A Slot
        sinks:
          - type: parquet
            path: /tmp/x
            compression-level: 99
        transforms:
          - type: mask
        """);
    Program.Said said = Program.inProcess("validate", file.toString());
    assertThat(said.status()).isEqualTo(2);
    assertThat(said.err())
        .contains("line 2: flush.intervall: unknown option", "Did you mean 'flush.interval'?");
    assertThat(Program.inProcess("validate", folder.resolve("none.yaml").toString()).status())
        .isEqualTo(2);
  }

  @Test
  void doctorBlocksWithWhatMendsIt() throws Exception {
    try (EmbeddedPostgres pg =
        EmbeddedPostgres.of(Version.V15).setting("wal_level", "replica").start()) {
      Program.Said said = Program.inProcess("doctor", "--source", pg.uri("postgres"));
      assertThat(said.status()).isEqualTo(3);
      assertThat(said.out()).contains("blocking wal-level", "wal_level", "Not ready: 1 blocking");
      assertThat(said.out()).doesNotContain(pg.password());
    }
  }

  @Test
  void statusTablesAndDropWorkWithAPipelineThatRunsAndWithoutOne() throws Exception {
    try (EmbeddedPostgres pg = EmbeddedPostgres.start(Version.V18)) {
      pg.execute(
          "CREATE TABLE a (id int PRIMARY KEY)",
          "CREATE TABLE b (id int PRIMARY KEY)",
          "INSERT INTO a SELECT generate_series(1, 300)",
          "INSERT INTO b SELECT generate_series(1, 200)");
      String config = configuration(pg);
      try (Program pipeline =
          Program.start(folder, "run", config, "--json", "--metrics-port", port())) {
        await(
            pipeline,
            config,
            status -> isMember(status, "public.a") && isMember(status, "public.b"));
        JsonNode status = status(config);
        assertThat(status.get("state").asText()).isEqualTo("running");
        assertThat(status.at("/slot/exists").asBoolean()).isTrue();
        assertThat(status.at("/slot/sent").asText()).contains("/");
        assertThat(status.at("/slot/received").asText()).contains("/");
        await(pipeline, config, now -> now.get("schemaGrade").asText().equals("plain"));
        assertThat(Program.inProcess("status", "--config", config).out())
            .contains("schema   plain");

        assertThat(health()).isEqualTo("{\"status\":\"ok\",\"reasons\":[]}");
        Program.Said second = Program.call(folder, "run", config);
        assertThat(second.status()).as("a second one is refused: %s", second.err()).isEqualTo(3);

        assertThat(Program.inProcess("drop", "--config", config, "--yes").status()).isEqualTo(3);
        assertThat(Program.inProcess("compact", "--config", config).status()).isEqualTo(3);
        recopyPauseAndResume(pipeline, config);

        pipeline.signal("TERM");
        Program.Said said = pipeline.end(10);
        assertThat(said.status()).as(said.err()).isZero();
        assertThat(JSON.readTree(said.lastLine()).get("tables")).hasSize(2);
      }
      JsonNode stored = status(config);
      assertThat(stored.get("state").asText()).isEqualTo("stopped");
      assertThat(isMember(stored, "public.a")).isTrue();
      assertThat(stored.at("/slot/exists").asBoolean()).isTrue();
      assertThat(stored.get("schemaGrade").asText()).isEqualTo("plain");
      pg.execute(EventTrigger.sql());
      assertThat(status(config).get("schemaGrade").asText()).isEqualTo("exact");

      compactAndErase(pg, config);
      Program.Said unasked = Program.inProcess("drop", "--config", config);
      assertThat(unasked.status()).isEqualTo(2);
      assertThat(status(config).at("/slot/exists").asBoolean()).isTrue();
      Program.Said dropped = Program.inProcess("drop", "--config", config, "--yes");
      assertThat(dropped.status()).as(dropped.err()).isZero();
      assertThat(dropped.out()).contains("slot tidemark", "publication tidemark");
      assertThat(status(config).at("/slot/exists").asBoolean()).isFalse();
    }
  }

  private String port() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      metricsPort = free.getLocalPort();
      return Integer.toString(metricsPort);
    }
  }

  private String health() throws Exception {
    URI health = URI.create("http://127.0.0.1:" + metricsPort + "/health");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private void recopyPauseAndResume(Program pipeline, String config) throws Exception {
    Program.Said wrong = Program.inProcess("tables", "recopy", "--config", config, "public.aa");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err()).contains("public.a");
    assertThat(Program.inProcess("tables", "recopy", "--config", config, "public.a").status())
        .isZero();
    await(
        pipeline,
        config,
        status -> attempt(config, "public.a") == 2 && isMember(status, "public.a"));
    assertThat(Program.inProcess("tables", "pause", "--config", config, "public.b").status())
        .isZero();
    await(pipeline, config, status -> state(status, "public.b").equals("paused"));
    assertThat(Program.inProcess("tables", "list", "--config", config).out())
        .containsPattern("public.b +paused")
        .containsPattern("public.a +member");
    assertThat(Program.inProcess("tables", "resume", "--config", config, "public.b").status())
        .isZero();
    await(pipeline, config, status -> isMember(status, "public.b"));
    JsonNode rows =
        JSON.readTree(
            Program.inProcess(
                    "query",
                    "--config",
                    config,
                    "--json",
                    "SELECT (SELECT count(*) FROM a) AS a, (SELECT count(*) FROM b) AS b")
                .out());
    assertThat(rows.get(0).get("a").asInt()).isEqualTo(300);
    assertThat(rows.get(0).get("b").asInt()).isEqualTo(200);
  }

  private void compactAndErase(EmbeddedPostgres pg, String config) throws Exception {
    String all = "SELECT id FROM a ORDER BY id";
    String before = Program.inProcess("query", "--config", config, "--json", all).out();
    Program.Said compacted = Program.inProcess("compact", "--config", config, "--json");
    assertThat(compacted.status()).as(compacted.err()).isZero();
    assertThat(JSON.readTree(compacted.out()).get("filesBefore").asInt()).isPositive();
    assertThat(Program.inProcess("query", "--config", config, "--json", all).out())
        .isEqualTo(before);
    assertThat(Program.inProcess("compact", "--config", config, "--erase", "a").status())
        .isEqualTo(2);
    String[] erase = {"compact", "--config", config, "--erase", "public.a", "--key", "id=7"};
    assertThat(Program.inProcess(erase).err()).contains("Add --yes");

    pg.execute("DELETE FROM a WHERE id = 7");
    try (Program pipeline = Program.start(folder, "run", config)) {
      String left = "";
      while (!left.contains("\"n\":299")) {
        assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
        String count = "SELECT count(*) AS n FROM a";
        left = Program.inProcess("query", "--config", config, "--json", count).out();
      }
      pipeline.signal("TERM");
      assertThat(pipeline.end(30).status()).isZero();
    }
    List<String> agreed = new ArrayList<>(List.of(erase));
    agreed.add("--yes");
    Program.Said erased = Program.inProcess(agreed.toArray(String[]::new));
    assertThat(erased.status()).as(erased.err()).isZero();
    String traces = "SELECT count(*) AS n FROM a_changes WHERE id = 7";
    assertThat(Program.inProcess("query", "--config", config, "--json", traces).out())
        .contains("\"n\":0");
  }

  private String configuration(EmbeddedPostgres pg) throws Exception {
    Path file = folder.resolve("tidemark.yaml");
    Files.writeString(
        file,
        """
        name: two tables
        data-dir: %s
        flush.interval: 200ms
        source:
          type: postgres
          url: %s
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(folder.resolve("data"), pg.uri("postgres"), folder.resolve("lake")));
    return file.toString();
  }

  private static void await(Program pipeline, String config, Predicate<JsonNode> wanted)
      throws Exception {
    boolean met = false;
    while (!met) {
      assertThat(pipeline.isRunning()).as(pipeline.said()).isTrue();
      Program.Said said = Program.inProcess("status", "--config", config, "--json");
      met = said.status() == 0 && wanted.test(JSON.readTree(said.out()));
    }
  }

  private static JsonNode status(String config) throws Exception {
    Program.Said said = Program.inProcess("status", "--config", config, "--json");
    assertThat(said.status()).as(said.err()).isZero();
    return JSON.readTree(said.out());
  }

  private static boolean isMember(JsonNode status, String table) {
    return state(status, table).equals("member");
  }

  private static String state(JsonNode status, String table) {
    for (JsonNode each : status.get("tables")) {
      if (each.get("name").asText().equals(table)) {
        return each.get("state").asText();
      }
    }
    return "";
  }

  private static int attempt(String config, String table) {
    try {
      Program.Said said = Program.inProcess("tables", "list", "--config", config, "--json");
      for (JsonNode each : JSON.readTree(said.out()).get("tables")) {
        if (each.get("name").asText().equals(table)) {
          return each.get("attempt").asInt();
        }
      }
      return 0;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
