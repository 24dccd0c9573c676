package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Settings;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.transform.Transform;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.deadletter.Reason;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineConfig.OnFailedTable;
import io.tidemark.engine.pipeline.PipelineConfig.OnReject;
import io.tidemark.engine.pipeline.PipelineConfig.Policies;
import io.tidemark.engine.pipeline.PipelineConfig.RejectLimits;
import io.tidemark.engine.pipeline.StoppedLetters;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.engine.transform.Transforms;
import io.tidemark.testkit.ScriptedSource.Script;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    return pipeline(new Policies(OnFailedTable.EXCLUDE, onReject, max));
  }

  private Pipeline pipeline(Policies policies, Transform... transforms) {
    Duration soon = Duration.ofMillis(20);
    PipelineConfig base = PipelineConfig.of("test", folder, soon);
    return new Pipeline(
        new PipelineConfig(
            "test",
            folder,
            new PipelineConfig.Flush(soon, soon, 1 << 20, 1000, 0, soon),
            base.buffer(),
            policies,
            Optional.empty()),
        () -> new ScriptedSource(script),
        List.of(transforms),
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
    assertThat(copy.entries().values().stream().filter(json -> json.contains("put aside")))
        .hasSize(3)
        .allSatisfy(json -> assertThat(json).contains("\"code\":\"REJECTED\""));
    assertThat(copy.rows(PLAIN.name())).isEmpty();
    assertThat(letters())
        .containsExactly(
            "letter/public.items/100-0",
            "letter/public.items/100-2",
            "letter/public.items/180-1",
            "letter/public.plain/100-1");
  }

  @Test
  void aTransactionThatIsPutAsideKeepsItsPlaceAmongOthersOfItsBatch() throws Exception {
    script.rows(
        Batches.of(ITEMS)
            .at(0x100)
            .insert(7L, "gone")
            .truncate()
            .insert(1L, "a")
            .at(0x180)
            .update(1L, "b")
            .insert(2L, BAD)
            .at(0x200)
            .insert(3L, "c")
            .batch());
    script.boundary(0x210);
    runUpTo(OnReject.TRANSACTION, 10, 0x210);
    assertThat(copy.rows(ITEMS.name()).stream().map(row -> row.op() + " " + row.lsn()))
        .containsExactly("c 256", "t 256", "c 256", "c 512");
    assertThat(letters()).containsExactly("letter/public.items/180-0", "letter/public.items/180-1");
  }

  @Test
  void whatComesAfterATruncateThatIsPutAsideWaitsBehindIt() throws Exception {
    ChangeBatch first = Batches.of(ITEMS).at(0x90).insert(9L, "before").batch();
    ChangeBatch truncating = Batches.of(ITEMS).at(0x100).truncate().insert(1L, BAD).batch();
    ChangeBatch later =
        Batches.of(ITEMS).at(0x180).insert(7L, "later").truncate().leaf("p1").batch();
    script.rows(first).rows(Batches.of(ITEMS).at(0x98).insert(5L, BAD).batch());
    script.rows(truncating).rows(later).boundary(0x190);
    Pipeline pipeline = pipeline(OnReject.TRANSACTION, 10);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, 0x190);
    assertThat(copy.rows(ITEMS.name())).isEqualTo(CommittedRow.of(first));
    assertThat(letters())
        .as("what was put aside before is void")
        .containsExactly(
            "letter/public.items/100-0",
            "letter/public.items/100-1",
            "letter/public.items/180-0",
            "letter/public.items/180-1");

    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x1A0);
    until(pipeline, 0x1A0);
    assertThat(letters())
        .as("a leaf is not emptied before its rows are there")
        .containsExactly("letter/public.items/100-1", "letter/public.items/180-1");
    copy.mend();
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x1B0);
    until(pipeline, 0x1B0);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(letters()).isEmpty();
    List<CommittedRow> all = new ArrayList<>();
    List.of(first, truncating, later).forEach(batch -> all.addAll(CommittedRow.of(batch)));
    assertThat(copy.rows(ITEMS.name())).isEqualTo(all);
  }

  @Test
  void lettersWhoseFormIsNoLongerTakenStay() throws Exception {
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, BAD).batch()).boundary(0x110);
    runUpTo(OnReject.ROW, 10, 0x110);
    copy.mend();
    copy.at(
        MemoryDestination.Step.PREPARE,
        () -> {
          throw new SinkException.Rejected(ITEMS.name(), "Cannot hold it.", null);
        });
    Pipeline pipeline = pipeline(OnReject.ROW, 10);
    CompletableFuture<Void> run = start(pipeline);
    script.boundary(0x118);
    until(pipeline, 0x118);
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x120);
    until(pipeline, 0x120);
    assertThat(letters()).hasSize(1);
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x130);
    until(pipeline, 0x130);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(letters()).isEmpty();
  }

  @Test
  void whereNothingRunsTablesThatTransformsLeaveOutAreNotNamed() throws Exception {
    List<String> problems = new ArrayList<>();
    Transform others = transform("tables", Map.of("exclude", List.of("public.plain")), problems);
    assertThat(problems).isEmpty();
    script.rows(Batches.of(ITEMS).at(0x100).insert(1L, BAD).batch()).boundary(0x110);
    Policies row = new Policies(OnFailedTable.EXCLUDE, OnReject.ROW, 10);
    Pipeline pipeline = pipeline(row, others);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, 0x110);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    NamedSink lake = new NamedSink("lake", "memory", () -> new InMemorySink(copy));
    try (StoppedLetters stopped = StoppedLetters.open(pipeline.config(), lake)) {
      stopped.discard(ITEMS.name());
    }
    assertThat(letters()).isEmpty();
    assertThat(copy.commits())
        .allSatisfy(commit -> assertThat(commit.tables()).containsOnlyKeys(ITEMS.name()));
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

  private static Policies limited(Optional<Long> stopAfter, Optional<Long> percent) {
    return new Policies(
        OnFailedTable.EXCLUDE,
        OnReject.ROW,
        1_000,
        new RejectLimits(stopAfter, percent, Duration.ofMinutes(5)));
  }

  @Test
  void stopsBeforeMoreWaitThanItWasToldToBearAndLosesNothing() throws Exception {
    ChangeBatch first = Batches.of(ITEMS).at(0x100).insert(1L, "a").insert(2L, BAD).batch();
    ChangeBatch second = Batches.of(ITEMS).at(0x200).insert(3L, "c").insert(4L, BAD).batch();
    ChangeBatch third = Batches.of(ITEMS).at(0x300).insert(5L, BAD).insert(6L, "f").batch();
    script.rows(first).boundary(0x110).rows(second).boundary(0x210);
    Policies two = limited(Optional.of(2L), Optional.empty());
    Pipeline pipeline = pipeline(two);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, 0x210);
    script.rows(third).boundary(0x310);
    for (int life = 1; life <= 2; life++) {
      CompletableFuture<Void> ends = life == 1 ? run : start(pipeline(two));
      assertThatThrownBy(() -> ends.get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TidemarkException.class)
          .hasMessageContaining(
              "Cannot go on with sink lake: 3 rows wait as dead letters, and reject.stop-after is 2."
                  + " Nothing is lost: what was not committed comes again.")
          .hasMessageContaining("The last: Cannot write a row of public.items:");
      assertThat(letters()).hasSize(2);
      assertThat(names()).containsExactly("a", "c");
    }
    Pipeline raised = pipeline(limited(Optional.of(3L), Optional.empty()));
    run = start(raised);
    until(raised, 0x310);
    copy.mend();
    raised.replayLetters(ITEMS.name());
    script.boundary(0x320);
    until(raised, 0x320);
    raised.stop();
    run.get(20, TimeUnit.SECONDS);
    List<CommittedRow> all = new ArrayList<>();
    List.of(first, second, third).forEach(batch -> all.addAll(CommittedRow.of(batch)));
    assertThat(copy.rows(ITEMS.name())).isEqualTo(all);
    assertThat(letters()).isEmpty();
  }

  @Test
  void stopsWhenTooLargeAShareIsPutAside() throws Exception {
    Batches rows = Batches.of(ITEMS).at(0x100);
    for (long i = 0; i < 200; i++) {
      rows.insert(i, i % 20 == 0 ? BAD : "fine");
    }
    script.rows(rows.batch()).boundary(0x110);
    CompletableFuture<Void> run = start(pipeline(limited(Optional.empty(), Optional.of(4L))));
    assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TidemarkException.class)
        .hasMessageContaining(
            "9 of the last 200 rows were put aside, and reject.stop-percent is 4.");
    assertThat(copy.commits()).isEmpty();
    Pipeline raised = pipeline(limited(Optional.empty(), Optional.of(5L)));
    CompletableFuture<Void> second = start(raised);
    until(raised, 0x110);
    raised.stop();
    second.get(20, TimeUnit.SECONDS);
    assertThat(letters()).hasSize(10);
    assertThat(names()).hasSize(190);
  }

  @Test
  void aRowThatAFilterCannotJudgeWaitsMaskedAndIsKeptWhenGivenAgain() throws Exception {
    List<String> problems = new ArrayList<>();
    Transform filter =
        transform("filter", Map.of("tables", "public.items", "where", "10 / id < 5"), problems);
    Map<String, Object> hide =
        Map.of("tables", "public.items", "columns", Map.of("name", "redact"), "text", "hidden");
    Transform mask = transform("mask", hide, problems);
    assertThat(problems).isEmpty();
    script.rows(
        Batches.of(ITEMS)
            .at(0x100)
            .insert(1L, "left out")
            .insert(0L, "secret")
            .insert(7L, "kept")
            .update(0L, "secret too")
            .batch());
    script.boundary(0x110);
    Policies row = new Policies(OnFailedTable.EXCLUDE, OnReject.ROW, 10);
    Pipeline pipeline = pipeline(row, filter, mask);
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, 0x110);
    assertThat(copy.rows(ITEMS.name()).stream().map(each -> each.values().get("id")))
        .containsExactly("7");
    assertThat(pipeline.letters().get("lake"))
        .hasSize(2)
        .allSatisfy(
            json -> assertThat(json).contains("\"name\":\"hidden\"").doesNotContain("secret"))
        .first()
        .asString()
        .contains("\"code\":\"TRANSFORM\"")
        .contains("the condition failed for a row: DIVIDE_BY_ZERO");
    pipeline.replayLetters(ITEMS.name());
    script.boundary(0x120);
    until(pipeline, 0x120);
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(copy.rows(ITEMS.name()).stream().map(each -> each.values().get("id")))
        .containsExactly("0", "7", "0");

    Script other = new Script().member(ITEMS);
    other.rows(Batches.of(ITEMS).at(0x100).insert(0L, "x").batch()).boundary(0x110);
    MemoryDestination untouched = new MemoryDestination();
    Pipeline table =
        new Pipeline(
            pipeline(OnReject.TABLE, 10).config(),
            () -> new ScriptedSource(other),
            List.of(filter),
            List.of(new NamedSink("lake", "memory", () -> new InMemorySink(untouched))));
    CompletableFuture<Void> second = start(table);
    until(table, 0x110);
    table.stop();
    second.get(20, TimeUnit.SECONDS);
    assertThat(StateCodec.decode(untouched.entries()).tables().get(ITEMS.name()).reason())
        .hasValueSatisfying(why -> assertThat(why).contains("the condition failed for a row"));
  }

  private static Transform transform(
      String type, Map<String, Object> nodes, List<String> problems) {
    ComponentSpec spec =
        Transforms.SPECS.stream()
            .filter(each -> each.type().equals(type))
            .findFirst()
            .orElseThrow();
    return Transforms.of(type, Settings.read(spec, nodes, "here", problems), "here", problems);
  }

  @Test
  void valuesAreEditedAsTheFormSays() throws Exception {
    TableSchema odd =
        Form.of("shop.odd")
            .key("id", Form.BIGINT)
            .column("flag", new DataType.Bool())
            .column("small", new DataType.Int(16))
            .column("ratio", new DataType.Float(64))
            .column("price", Form.MONEY)
            .column("wide", new DataType.Decimal(30, 3))
            .column("doc", new DataType.Json())
            .column("bin", new DataType.Bytes())
            .column("uid", new DataType.Uuid())
            .column("day", new DataType.Date())
            .column("clock", new DataType.Time())
            .column("local", new DataType.Timestamp(false))
            .column("at", Form.TIMESTAMPTZ)
            .column("tags", new DataType.ListOf(Form.TEXT))
            .column(
                "pair",
                new DataType.Struct(
                    List.of(
                        new DataType.Field("a", Form.BIGINT), new DataType.Field("b", Form.TEXT))))
            .column("name", Form.TEXT)
            .schema();
    SortedMap<String, String> stored = new TreeMap<>();
    LetterBox box =
        new LetterBox(
            new TreeMap<>(),
            (key, value) ->
                value.ifPresentOrElse(json -> stored.put(key, json), () -> stored.remove(key)),
            () -> Instant.EPOCH);
    box.park(Batches.of(odd).at(0x100, 7).insert(1L).batch(), 0, Reason.ofTransform("why"));
    String values =
        """
        {"flag": true, "small": -7, "ratio": "NaN", "price": 1.5, "wide": "-123456789012345678.125",
         "doc": {"a": [1]}, "bin": "\\\\x00ff", "uid": "00000000-0000-0001-0000-000000000002",
         "day": "2026-02-28", "clock": "23:59:59.999999", "local": "2026-01-02 03:04:05.6",
         "at": "2026-01-02 03:04:05+01", "tags": ["x", null], "pair": {"b": "y"}, "name": "\u00e4"}
        """;
    assertThat(box.wouldEdit(odd.name(), "0/100-7", values)).isTrue();
    box.edit(odd.name(), "0/100-7", values);
    box.edit(odd.name(), "0/100-7", "{\"name\": null}");
    assertThat(stored.get(stored.firstKey()))
        .contains("\"edited\":{\"at\":\"1970-01-01T00:00:00Z\",\"given\":{\"flag\":null,")
        .contains("\"price\":\"1.50\"");
    Object[] expected = {
      1L,
      true,
      -7L,
      Double.NaN,
      new BigDecimal("1.50"),
      new BigDecimal("-123456789012345678.125"),
      "{\"a\":[1]}",
      new byte[] {0, -1},
      new java.util.UUID(1, 2),
      java.time.LocalDate.of(2026, 2, 28),
      java.time.LocalTime.parse("23:59:59.999999"),
      java.time.LocalDateTime.parse("2026-01-02T03:04:05.6"),
      Instant.parse("2026-01-02T02:04:05Z"),
      java.util.Arrays.asList("x", null),
      java.util.Arrays.asList(null, "y"),
      null
    };
    List<CommittedRow> given = new ArrayList<>();
    new LetterBox(stored, (key, value) -> {})
        .replay(odd, row -> given.addAll(CommittedRow.of(row)));
    assertThat(given)
        .isEqualTo(CommittedRow.of(Batches.of(odd).at(0x100, 7).insert(expected).batch()));

    Map<String, String> wrong =
        Map.ofEntries(
            Map.entry("{\"flag\": \"maybe\"}", "neither true nor false"),
            Map.entry("{\"small\": 40000}", "out of its range"),
            Map.entry("{\"price\": \"1.005\"}", "out of its range"),
            Map.entry("{\"price\": \"12345678901.00\"}", "out of its range"),
            Map.entry("{\"doc\": \"{\"}", "no JSON document"),
            Map.entry("{\"doc\": \"\"}", "no JSON document"),
            Map.entry("{\"doc\": \"1 2\"}", "no JSON document"),
            Map.entry("{\"bin\": \"00\"}", "hexadecimal"),
            Map.entry("{\"at\": \"2026-01-02 03:04:05\"}", "out of its range"),
            Map.entry("{\"clock\": \"10:00:00.0000001\"}", "out of its range"),
            Map.entry("{\"tags\": \"x\"}", "no JSON array"),
            Map.entry("{\"pair\": {\"c\": 1}}", "a field 'c'"),
            Map.entry("{\"id\": 2}", "part of the key"),
            Map.entry("{\"nmae\": 2}", "Did you mean 'name'?"),
            Map.entry("[]", "no JSON object"),
            Map.entry("{", "no JSON"));
    wrong.forEach(
        (json, why) ->
            assertThatThrownBy(() -> box.wouldEdit(odd.name(), "0/100-7", json))
                .as(json)
                .isInstanceOf(TidemarkException.class)
                .hasMessageContaining(why));
    assertThat(box.wouldEdit(odd.name(), "0/100-8", values)).isFalse();
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
  void storedSamplesAreReadAndTheNewestIsStillWrittenTheSame() throws Exception {
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
    new LetterBox(
            new TreeMap<>(),
            (key, value) -> written.put(key, value.orElseThrow()),
            () -> Instant.EPOCH)
        .park(batch, 0, Reason.ofTransform("why"));
    Path folder = Path.of("src/test/resources/io/tidemark/testkit");
    Path sample = folder.resolve("letter-form-1-with-code.txt");
    if ("write".equals(System.getProperty("sample"))) {
      Files.createDirectories(folder);
      Files.writeString(sample, written.firstKey() + "\n" + written.get(written.firstKey()) + "\n");
    }
    List<String> lines = Files.readAllLines(sample, StandardCharsets.UTF_8);
    assertThat(written).isEqualTo(new TreeMap<>(Map.of(lines.get(0), lines.get(1))));
    for (String name : List.of("letter-form-1.txt", "letter-form-1-with-code.txt")) {
      List<String> old = Files.readAllLines(folder.resolve(name), StandardCharsets.UTF_8);
      SortedMap<String, String> stored = new TreeMap<>(Map.of(old.get(0), old.get(1)));
      List<CommittedRow> given = new ArrayList<>();
      LetterBox box = new LetterBox(stored, (key, value) -> stored.remove(key));
      box.replay(odd, row -> given.addAll(CommittedRow.of(row)));
      assertThat(given).as(name).isEqualTo(CommittedRow.of(batch));
      assertThat(stored).isEmpty();
    }
    assertThatThrownBy(
            () -> {
              SortedMap<String, String> newer = new TreeMap<>();
              newer.put(lines.get(0), lines.get(1).replace("\"form\":1,", "\"form\":2,"));
              new LetterBox(newer, (key, value) -> {});
            })
        .hasMessageContaining("it has form 2, and this version of Tidemark knows forms up to 1");
  }
}
