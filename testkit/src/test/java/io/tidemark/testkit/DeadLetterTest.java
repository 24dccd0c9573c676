package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineConfig.OnFailedTable;
import io.tidemark.engine.pipeline.PipelineConfig.OnReject;
import io.tidemark.engine.pipeline.PipelineConfig.Policies;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.testkit.ScriptedSource.Script;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DeadLetterTest {
  private static final String BAD = InMemorySink.REFUSED_TEXT;
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
  private static final TableSchema PLAIN =
      Form.of("public.plain").column("word", Form.TEXT).schema();

  @TempDir Path folder;
  private final Script script = new Script().member(ITEMS).member(PLAIN);
  private final MemoryDestination copy = new MemoryDestination();

  private Pipeline pipeline(OnReject onReject, long max) {
    Duration soon = Duration.ofMillis(20);
    PipelineConfig base = PipelineConfig.of("test", folder, soon);
    return new Pipeline(
        new PipelineConfig(
            "test",
            folder,
            new PipelineConfig.Flush(soon, soon, 1 << 20, 1000, 0, soon),
            base.buffer(),
            new Policies(OnFailedTable.EXCLUDE, onReject, max),
            Optional.empty()),
        () -> new ScriptedSource(script),
        List.of(),
        List.of(new NamedSink("lake", "memory", () -> new InMemorySink(copy))));
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

  private static void until(Pipeline pipeline, long lsn) throws InterruptedException {
    while (!pipeline.status().tidemark().equals(new Lsn(lsn).toString())) {
      Thread.sleep(5);
    }
  }

  private Pipeline runUpTo(OnReject onReject, long max, long lsn) throws Exception {
    Pipeline pipeline = pipeline(onReject, max);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, lsn);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    return pipeline;
  }

  private List<String> letters() {
    return copy.entries().keySet().stream()
        .filter(key -> key.startsWith("letter/"))
        .map(key -> key.replaceAll("0*([0-9A-F]+)-0*([0-9]+)$", "$1-$2"))
        .toList();
  }

  private List<String> names() {
    return copy.rows(ITEMS.name()).stream().map(row -> row.values().get("name")).toList();
  }

  @Test
  void aRowAndWhatFollowsItsKeyArePutAsideAndGivenAgainInOrder() throws Exception {
    ChangeBatch first =
        Batches.of(ITEMS)
            .at(0x100)
            .insert(1L, "a")
            .insert(2L, BAD)
            .update(2L, "fine by itself")
            .insert(4L, "d")
            .update(3L, "moved")
            .oldKey(2L)
            .batch();
    script.rows(first).boundary(0x110);
    assertThat(runUpTo(OnReject.ROW, 10, 0x110).status().tables().get(0).reason())
        .isEqualTo("3 rows were not taken by a sink and wait as dead letters.");
    assertThat(names()).containsExactly("a", "d");
    assertThat(letters())
        .containsExactly(
            "letter/public.items/100-1", "letter/public.items/100-2", "letter/public.items/100-4");
    assertThat(copy.entries().values())
        .anySatisfy(
            json -> assertThat(json).contains("refuses it").contains("\"values\":{\"id\":\"2\""));

    script.rows(Batches.of(ITEMS).at(0x200).update(3L, "later").insert(5L, "e").batch());
    script.boundary(0x210);
    Pipeline pipeline = pipeline(OnReject.ROW, 10);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, 0x210);
    assertThat(letters()).hasSize(4);
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x220);
    until(pipeline, 0x220);
    assertThat(letters()).as("the first is refused again, so all stay").hasSize(4);

    copy.mend();
    assertThat(pipeline.letters().get("lake")).hasSize(4);
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x230);
    until(pipeline, 0x230);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(letters()).isEmpty();
    List<CommittedRow> all = new ArrayList<>(CommittedRow.of(first));
    all.addAll(
        CommittedRow.of(Batches.of(ITEMS).at(0x200).update(3L, "later").insert(5L, "e").batch()));
    assertThat(copy.rows(ITEMS.name())).isEqualTo(all);
  }

  @Test
  void aTransactionIsPutAsideWhole() throws Exception {
    script.rows(Batches.of(ITEMS).at(0x90).insert(9L, "before").batch()).boundary(0x98);
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, "a").batch());
    script.rows(Batches.of(PLAIN).at(0x100, 1).insert("x").batch());
    script.rows(Batches.of(ITEMS).at(0x100, 2).insert(2L, BAD).batch());
    script.rows(Batches.of(ITEMS).at(0x180).insert(3L, "c").update(1L, "follows").batch());
    script.boundary(0x190);
    runUpTo(OnReject.TRANSACTION, 10, 0x190);
    assertThat(names()).containsExactly("before", "c");
    assertThat(copy.rows(PLAIN.name())).isEmpty();
    assertThat(letters())
        .containsExactly(
            "letter/public.items/100-0",
            "letter/public.items/100-2",
            "letter/public.items/180-1",
            "letter/public.plain/100-1");
  }

  @Test
  void aValueThatTheSourceRefusesIsForTheSamePolicy() throws Exception {
    ChangeBatch first =
        Batches.of(ITEMS)
            .at(0x100)
            .insert(1L, "a")
            .insert(2L, new Batches.Refused("odd"))
            .insert(3L, "c")
            .update(2L, "fits")
            .delete(4L, new Batches.Refused("odd"))
            .update(5L, "e")
            .oldRow(5L, new Batches.Refused("odd"))
            .batch();
    script.rows(first).boundary(0x110);
    runUpTo(OnReject.ROW, 10, 0x110);
    assertThat(letters())
        .as("what goes, and what was before, is nobody's burden")
        .containsExactly("letter/public.items/100-1", "letter/public.items/100-3");
    assertThat(names()).containsExactly("a", "c", null, "e");
    assertThat(copy.entries().values())
        .anySatisfy(
            json ->
                assertThat(json)
                    .contains("Cannot hold the value of column name (text) of public.items:")
                    .contains("overflow is 'reject'")
                    .contains("\"values\":{\"id\":\"2\",\"name\":\"odd\"}"));

    Pipeline pipeline = pipeline(OnReject.ROW, 10);
    script.boundary(0x118);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, 0x118);
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x120);
    until(pipeline, 0x120);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(letters()).as("who asks for it has seen them").isEmpty();
    assertThat(copy.rows(ITEMS.name())).containsExactlyInAnyOrderElementsOf(CommittedRow.of(first));
  }

  @Test
  void aTransactionWithAValueThatTheSourceRefusesIsPutAsideWhole() throws Exception {
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, "a").batch());
    script.rows(
        Batches.of(ITEMS)
            .at(0x100, 1)
            .insert(2L, new Batches.Refused("x"))
            .insert(3L, "c")
            .batch());
    script.rows(Batches.of(ITEMS).at(0x180).insert(4L, "d").batch()).boundary(0x190);
    runUpTo(OnReject.TRANSACTION, 10, 0x190);
    assertThat(names()).containsExactly("d");
    assertThat(letters())
        .containsExactly(
            "letter/public.items/100-0", "letter/public.items/100-1", "letter/public.items/100-2");
  }

  @Test
  void aTableWithAValueThatTheSourceRefusesLeavesOrThePipelineStops() throws Exception {
    script
        .rows(Batches.of(ITEMS).at(0x100).insert(1L, new Batches.Refused("odd")).batch())
        .boundary(0x110);
    assertThatThrownBy(() -> start(pipeline(OnReject.STOP, 10)).get(20, TimeUnit.SECONDS))
        .hasMessageContaining("column name (text) of public.items")
        .hasMessageContaining("because on-reject is 'stop'.");
    runUpTo(OnReject.TABLE, 10, 0x110);
    assertThat(StateCodec.decode(copy.entries()).tables().get(ITEMS.name()).reason().orElseThrow())
        .startsWith("Cannot hold the value of column name (text) of public.items: its type");
    assertThat(letters()).isEmpty();
  }

  @Test
  void aTableWithoutAKeyFollowsWholeAndATruncateMakesLettersVoid() throws Exception {
    script.rows(Batches.of(PLAIN).at(0x100).insert("x").insert(BAD).insert("y").batch());
    script.boundary(0x110);
    runUpTo(OnReject.ROW, 10, 0x110);
    assertThat(copy.rows(PLAIN.name())).hasSize(1);
    assertThat(letters()).hasSize(2);
    script.rows(Batches.of(PLAIN).at(0x200).insert("z").truncate().insert("new").batch());
    script.boundary(0x210);
    runUpTo(OnReject.ROW, 10, 0x210);
    assertThat(letters()).isEmpty();
    assertThat(copy.rows(PLAIN.name()).stream().map(CommittedRow::op))
        .containsExactly('c', 't', 'c');
  }

  @Test
  void withTooManyTheTableLeaves() throws Exception {
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, BAD).insert(2L, BAD).batch());
    script.boundary(0x110);
    runUpTo(OnReject.ROW, 1, 0x110);
    assertThat(StateCodec.decode(copy.entries()).tables().get(ITEMS.name()).reason().orElseThrow())
        .startsWith("Cannot put more rows of public.items aside: 1 were not taken already.");
  }

  @Test
  void stopsWhenToldTo() {
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, BAD).batch()).boundary(0x110);
    CompletableFuture<Void> run = start(pipeline(OnReject.STOP, 10));
    assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TidemarkException.class)
        .hasMessageContaining("The pipeline stops because on-reject is 'stop'.");
    assertThat(copy.commits()).isEmpty();
  }

  @Test
  void aSinkThatPromisesWholeTransactionsForbidsSingleRows() {
    PipelineConfig config = pipeline(OnReject.ROW, 10).config();
    Capabilities whole = new Capabilities(true, false, true);
    Pipeline pipeline =
        new Pipeline(
            config,
            () -> new ScriptedSource(script),
            List.of(),
            List.of(new NamedSink("lake", "memory", () -> new InMemorySink(copy, whole))));
    assertThatThrownBy(pipeline::run)
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot open sink lake: it promises whole transactions, and on-reject is 'row'. Set"
                + " on-reject to transaction, table or stop.");
  }

  @Test
  void theStoredSampleOfForm1IsReadAndStillWrittenTheSame() throws Exception {
    TableSchema odd =
        Form.of("shop.odd")
            .key("id", Form.BIGINT)
            .column("name", Form.TEXT)
            .column("price", Form.MONEY)
            .column("at", Form.TIMESTAMPTZ)
            .schema();
    ChangeBatch batch =
        Batches.of(odd)
            .at(0x100, 7)
            .update(2L, Batches.UNCHANGED, new Batches.Raw("NaN"), Instant.EPOCH)
            .oldRow(1L, "old", BigDecimal.ONE)
            .batch();
    SortedMap<String, String> written = new TreeMap<>();
    new LetterBox(new TreeMap<>(), (key, value) -> written.put(key, value.orElseThrow()))
        .park(batch, 0, "why");
    Path sample = Path.of("src/test/resources/io/tidemark/testkit/letter-form-1.txt");
    if ("write".equals(System.getProperty("sample"))) {
      Files.createDirectories(sample.getParent());
      Files.writeString(sample, written.firstKey() + "\n" + written.get(written.firstKey()) + "\n");
    }
    List<String> lines = Files.readAllLines(sample, StandardCharsets.UTF_8);
    SortedMap<String, String> stored = new TreeMap<>();
    stored.put(lines.get(0), lines.get(1));
    assertThat(written).isEqualTo(stored);

    List<CommittedRow> given = new ArrayList<>();
    LetterBox box = new LetterBox(stored, (key, value) -> stored.remove(key));
    box.replay(odd, row -> given.addAll(CommittedRow.of(row)));
    assertThat(given).isEqualTo(CommittedRow.of(batch));
    assertThat(stored).isEmpty();
    assertThatThrownBy(
            () -> {
              SortedMap<String, String> newer = new TreeMap<>();
              newer.put(lines.get(0), lines.get(1).replace("\"form\":1,", "\"form\":2,"));
              new LetterBox(newer, (key, value) -> {});
            })
        .hasMessageContaining("it has form 2, and this version of Tidemark knows forms up to 1");
  }
}
