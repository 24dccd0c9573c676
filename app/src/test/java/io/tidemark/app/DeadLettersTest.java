package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.control.ControlServer;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineConfig.OnFailedTable;
import io.tidemark.engine.pipeline.PipelineConfig.OnReject;
import io.tidemark.engine.pipeline.PipelineConfig.Policies;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.ParquetSink;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.InMemorySink;
import io.tidemark.testkit.MemoryDestination;
import io.tidemark.testkit.ScriptedSource;
import io.tidemark.testkit.ScriptedSource.Script;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemark dead-letters} with a pipeline that runs, and with one that does not. */
@Timeout(120)
class DeadLettersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BAD = InMemorySink.REFUSED_TEXT;
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();

  @TempDir Path folder;

  @BeforeEach
  void describe() throws Exception {
    Files.writeString(
        folder.resolve("tidemark.yaml"),
        """
        data-dir: %s
        source:
          type: postgres
          url: postgres://nobody@127.0.0.1:1/none
        sinks:
          - type: parquet
            path: %s
        """
            .formatted(folder.resolve("data"), folder.resolve("lake")));
  }

  private Program.Said call(String action, String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "dead-letters", action, "--config", folder.resolve("tidemark.yaml").toString()));
    all.addAll(Arrays.asList(arguments));
    return Program.inProcess(all.toArray(String[]::new));
  }

  private JsonNode letters(String action, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    all.add("--json");
    Program.Said said = call(action, all.toArray(String[]::new));
    assertThat(said.status()).as(said.err()).isZero();
    return JSON.readTree(said.lastLine()).get("letters");
  }

  private Pipeline pipeline(Script script, MemoryDestination copy) {
    return pipeline(
        script, OnReject.ROW, new NamedSink("lake", "memory", () -> new InMemorySink(copy)));
  }

  private Pipeline pipeline(Script script, OnReject onReject, NamedSink sink) {
    Path data = folder.resolve("data");
    Duration soon = Duration.ofMillis(20);
    PipelineConfig config =
        new PipelineConfig(
            "test",
            data,
            new PipelineConfig.Flush(soon, soon, 1 << 20, 1000, 0, soon),
            PipelineConfig.of("test", data, soon).buffer(),
            new Policies(OnFailedTable.EXCLUDE, onReject, 10),
            Optional.empty());
    return new Pipeline(config, () -> new ScriptedSource(script), List.of(), List.of(sink));
  }

  @Test
  void aRunningPipelineShowsReplaysAndDiscardsThem() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    Script script = new Script().member(ITEMS);
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, "a").insert(2L, BAD).batch());
    script.boundary(0x110);
    Pipeline pipeline = pipeline(script, copy);
    CompletableFuture<Void> run = start(pipeline);
    try (ControlServer control = ControlServer.start(pipeline, folder.resolve("data"))) {
      assertThat(control.port()).isPositive();
      awaitLetters(1);
      assertThat(call("list").out())
          .contains("public.items", "0/100-1", "create", "lake: ", "refuses it")
          .doesNotContain(BAD);
      assertThat(call("show", "public.items").out()).contains("\"id\":\"2\"");
      assertThat(letters("show", "public.items").get(0).at("/values/id").asText()).isEqualTo("2");
      assertThat(letters("show", "public.others")).isEmpty();
      assertThat(letters("list").get(0).has("values")).isFalse();
      JsonNode whole = letters("show").get(0);
      assertThat(whole.properties().stream().map(java.util.Map.Entry::getKey))
          .containsExactly(
              "sink",
              "table",
              "place",
              "key",
              "schemaVersion",
              "lsn",
              "seq",
              "op",
              "code",
              "reason",
              "at",
              "values");
      assertThat(whole.at("/key/id").asText()).isEqualTo("2");
      assertThat(whole.at("/schemaVersion").asInt()).isEqualTo(1);
      assertThat(whole.at("/code").asText()).isEqualTo("REJECTED");

      assertThat(call("replay", "public.itms").status()).isEqualTo(2);
      String[] edit = {"public.items", "0/100-1", "--values", "{\"name\": \"mended\"}"};
      assertThat(call("edit", edit).status()).isZero();
      awaitEdited();
      assertThat(call("list").out()).contains("(edited)");
      assertThat(call("show").out()).contains("as the source gave it {\"name\":\"" + BAD + "\"}");
      edit[1] = "0/100-0";
      assertThat(call("edit", edit).err()).contains("there is none");
      assertThat(call("replay", "public.items").status()).isZero();
      awaitLetters(0);
      script.boundary(0x120);
      awaitTidemark(pipeline, "0/120");
      assertThat(ids(copy)).containsExactly("1", "2");
      assertThat(copy.rows(ITEMS.name()).get(1).values()).containsEntry("name", "mended");

      script.rows(Batches.of(ITEMS).at(0x200).insert(3L, "c").batch()).boundary(0x210);
      assertThat(call("discard", "public.items").status()).as("nobody can be asked").isEqualTo(2);
      assertThat(call("discard", "public.items", "--yes").status()).as("none left").isEqualTo(2);
      awaitTidemark(pipeline, "0/210");
      assertThat(ids(copy)).containsExactly("1", "2", "3");
    }
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
  }

  @Test
  void whatIsDiscardedIsGoneAndItsKeyGoesOn() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    Script script = new Script().member(ITEMS);
    script.rows(Batches.of(ITEMS).at(0x100).insert(2L, BAD).update(2L, "follows").batch());
    script.boundary(0x110);
    Pipeline pipeline = pipeline(script, copy);
    CompletableFuture<Void> run = start(pipeline);
    try (ControlServer control = ControlServer.start(pipeline, folder.resolve("data"))) {
      assertThat(control.port()).isPositive();
      awaitLetters(2);
      assertThat(call("discard", "public.items", "--yes").status()).isZero();
      awaitLetters(0);
      script.rows(Batches.of(ITEMS).at(0x200).update(2L, "goes on").batch()).boundary(0x210);
      awaitTidemark(pipeline, "0/210");
      assertThat(copy.rows(ITEMS.name()).stream().map(row -> row.values().get("name")))
          .containsExactly("goes on");
      assertThat(copy.entries().keySet()).noneMatch(key -> key.startsWith("letter/"));
    }
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
  }

  @Test
  void thoseOfAPipelineThatDoesNotRunAreReadAndChangedInItsCopy() throws Exception {
    Script script = new Script().member(ITEMS);
    script.rows(Batches.of(ITEMS).at(0x100).insert(7L, new Batches.Refused("x")).batch());
    script.boundary(0x110);
    ParquetConfig lake = ParquetConfig.of(folder.resolve("lake").toString());
    Pipeline pipeline =
        pipeline(
            script,
            OnReject.TRANSACTION,
            new NamedSink("parquet", "parquet", () -> new ParquetSink(lake)));
    CompletableFuture<Void> run = start(pipeline);
    awaitTidemark(pipeline, "0/110");
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(call("list").out())
        .contains("public.items  0/100-0  create", "Cannot hold the value of column name (text)");
    assertThat(letters("show", "public.items").get(0).at("/values/name").asText()).isEqualTo("x");
    assertThat(call("edit", "public.items", "0/100-1", "--values", "{}").err())
        .contains("there is none");
    Program.Said edited = editor("sed -i s/x/edited/");
    assertThat(edited.status()).as(edited.err()).isZero();
    JsonNode letter = letters("show").get(0);
    assertThat(letter.at("/values/name").asText()).isEqualTo("edited");
    assertThat(letter.at("/edited/given/name").asText()).isEqualTo("x");
    assertThat(editor("true").out()).contains("Nothing was changed.");
    assertThat(editor("false").err()).contains("the editor ended with status 1");
    assertThat(editor("").err()).contains("neither VISUAL nor EDITOR is set");

    Program.Said replayed = call("replay", "public.items");
    assertThat(replayed.status()).as(replayed.err()).isZero();
    assertThat(letters("list")).isEmpty();
    assertThat(
            Program.inProcess(
                    "query",
                    "--config",
                    folder.resolve("tidemark.yaml").toString(),
                    "--json",
                    "SELECT id, name FROM items")
                .out()
                .strip())
        .isEqualTo("[{\"id\":7,\"name\":\"edited\"}]");
    assertThat(call("discard", "public.items", "--yes").err()).contains("there are none");
  }

  private Program.Said editor(String command) {
    return Program.inProcess(
        java.util.Map.of("EDITOR", command),
        "dead-letters",
        "edit",
        "--config",
        folder.resolve("tidemark.yaml").toString(),
        "public.items",
        "0/100-0");
  }

  private void awaitEdited() throws Exception {
    while (!letters("list").get(0).get("wasEdited").asBoolean()) {
      Thread.sleep(5);
    }
  }

  private static CompletableFuture<Void> start(Pipeline pipeline) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            pipeline.run();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        },
        task -> new Thread(task).start());
  }

  private static List<String> ids(MemoryDestination copy) {
    return copy.rows(ITEMS.name()).stream()
        .map((CommittedRow row) -> row.values().get("id"))
        .toList();
  }

  private void awaitLetters(int count) throws Exception {
    JsonNode found = null;
    while (found == null || found.size() != count) {
      Program.Said said = call("list", "--json");
      found = said.status() == 0 ? JSON.readTree(said.lastLine()).get("letters") : null;
    }
  }

  private static void awaitTidemark(Pipeline pipeline, String tidemark)
      throws InterruptedException {
    while (!pipeline.status().tidemark().equals(tidemark)) {
      Thread.sleep(5);
    }
  }
}
