package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.transform.Transform;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.testkit.MemoryDestination.Step;
import io.tidemark.testkit.ScriptedSource.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PipelineTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
  private static final TableName NAME = ITEMS.name();

  @TempDir Path folder;
  private final Script script = new Script();
  private final List<Pipeline> started = new ArrayList<>();

  @AfterEach
  void stopAll() {
    started.forEach(Pipeline::stop);
  }

  private Pipeline pipeline(MemoryDestination... destinations) {
    List<NamedSink> sinks = new ArrayList<>();
    for (MemoryDestination destination : destinations) {
      sinks.add(
          new NamedSink("sink" + sinks.size(), "memory", () -> new InMemorySink(destination)));
    }
    PipelineConfig config = PipelineConfig.of("test", folder, Duration.ofHours(1));
    Pipeline pipeline = new Pipeline(config, () -> new ScriptedSource(script), List.of(), sinks);
    started.add(pipeline);
    return pipeline;
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
        task -> new Thread(task, "pipeline-under-test").start());
  }

  private static Position flush(Pipeline pipeline, long lsn) throws Exception {
    while (true) {
      try {
        return pipeline.flush(Optional.of(new Lsn(lsn))).get(30, TimeUnit.SECONDS);
      } catch (TidemarkException e) {
        Thread.sleep(5); // it is still opening
      } catch (java.util.concurrent.ExecutionException e) {
        Thread.sleep(5); // it is between two lives
      }
    }
  }

  private static void end(Pipeline pipeline, CompletableFuture<Void> run) throws Exception {
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
  }

  private static ChangeBatch insert(long lsn, long id, String name) {
    return Batches.of(ITEMS).at(lsn).insert(id, name).batch();
  }

  private static List<String> names(MemoryDestination destination) {
    return destination.rows(NAME).stream().map(row -> row.values().get("name")).toList();
  }

  @Test
  void bringsRowsTidemarkAndStateByOneCommit() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).say(new SourceEvent.Note("system", Optional.of("7")));
    script.rows(insert(100, 1, "a")).boundary(110).rows(insert(200, 2, "b")).boundary(210);
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);

    assertThat(flush(pipeline, 210)).isEqualTo(Script.position(210));
    end(pipeline, run);

    assertThat(copy.rows(NAME))
        .containsExactlyElementsOf(
            CommittedRow.of(
                Batches.of(ITEMS).at(100).insert(1L, "a").at(200).insert(2L, "b").batch()));
    assertThat(copy.tidemark()).isEqualTo(Script.position(210));
    var state = StateCodec.decode(copy.entries());
    assertThat(state.tables().get(NAME).isMember()).isTrue();
    assertThat(state.newestSchemas()).containsEntry(NAME, ITEMS);
    assertThat(state.notes()).containsEntry("system", "7");
    assertThat(script.confirmed()).containsExactly(Script.position(210));
    assertThat(pipeline.status().state()).isEqualTo("stopped");
    assertThat(pipeline.status().rowsWritten()).isEqualTo(2);
    assertThat(pipeline.status().changesCaptured()).isEqualTo(2);
  }

  @Test
  void endsByItselfWhenTheSourceDoesWithEverythingCommitted() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    MemoryDestination other = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    script.rows(insert(105, 2, "b")).boundary(110).say(new SourceEvent.End());
    Pipeline pipeline = pipeline(copy, other);

    start(pipeline).get(30, TimeUnit.SECONDS);

    assertThat(names(copy)).containsExactlyInAnyOrder("a", "b");
    assertThat(names(other)).containsExactlyInAnyOrder("a", "b");
    assertThat(pipeline.status().state()).isEqualTo("stopped");
  }

  @Test
  void stopCommitsUpToTheLastBoundaryAndTheRestComesAgain() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    Pipeline first = pipeline(copy);
    CompletableFuture<Void> run = start(first);
    flush(first, 110);
    script.rows(insert(200, 2, "b")).boundary(210);
    while (first.status().changesCaptured() < 2) {
      Thread.sleep(5);
    }
    while (!first.status().slot().received().equals("0/D2")) {
      Thread.sleep(5);
    }
    end(first, run);
    assertThat(copy.tidemark()).isEqualTo(Script.position(210));

    script.rows(insert(300, 3, "c")).boundary(310);
    Pipeline second = pipeline(copy);
    run = start(second);
    flush(second, 310);
    end(second, run);
    assertThat(names(copy)).containsExactly("a", "b", "c");
    assertThat(script.openings().get(1).position()).isEqualTo(Script.position(210));
    assertThat(script.openings().get(1).schemas()).containsEntry(NAME, ITEMS);
  }

  @Test
  void neverCommitsBetweenBoundaries() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110).rows(insert(200, 2, "half"));
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);
    while (pipeline.status().changesCaptured() < 2) {
      Thread.sleep(5);
    }
    end(pipeline, run);
    assertThat(copy.commits()).isEmpty();

    script.rows(insert(200, 3, "other half")).boundary(210);
    Pipeline second = pipeline(copy);
    run = start(second);
    flush(second, 210);
    end(second, run);
    assertThat(names(copy)).containsExactly("a", "half", "other half");
  }

  @Test
  void sinksKeepTheirOwnPaceAndTheSourceForgetsWhatAllHold() throws Exception {
    MemoryDestination fast = new MemoryDestination();
    MemoryDestination slow = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    CountDownLatch release = slow.holdAt(Step.COMMIT);
    Pipeline pipeline = pipeline(fast, slow);
    CompletableFuture<Void> run = start(pipeline);
    CompletableFuture<Position> both =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return flush(pipeline, 110);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    while (fast.commits().isEmpty()) {
      Thread.sleep(5);
    }
    assertThat(script.confirmed()).isEmpty();
    release.countDown();
    assertThat(both.get(20, TimeUnit.SECONDS)).isEqualTo(Script.position(110));
    end(pipeline, run);
    assertThat(script.confirmed()).containsExactly(Script.position(110));
    assertThat(fast.rows(NAME)).isEqualTo(slow.rows(NAME));
  }

  @Test
  void aSinkThatIsAheadLeavesOutWhatItHolds() throws Exception {
    MemoryDestination ahead = new MemoryDestination();
    MemoryDestination behind = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    runUpTo(110, ahead, behind);
    script.rows(insert(200, 2, "b")).boundary(210);
    runUpTo(210, ahead);

    script.rows(Batches.of(ITEMS).at(300).insert(3L, "c").batch()).boundary(310);
    runUpTo(310, ahead, behind);
    assertThat(script.openings().get(2).position()).isEqualTo(Script.position(110));
    assertThat(names(ahead)).containsExactly("a", "b", "c");
    assertThat(names(behind)).containsExactly("a", "b", "c");
    assertThat(ahead.entries()).isEqualTo(behind.entries());
  }

  /** A copy that begins while a sink still leaves out what it holds may be stamped below that. */
  @Test
  void aSinkThatIsAheadTakesACopyThatBeginsMeanwhile() throws Exception {
    MemoryDestination ahead = new MemoryDestination();
    MemoryDestination behind = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    runUpTo(110, ahead, behind);
    script.rows(insert(200, 2, "b")).boundary(210);
    runUpTo(210, ahead);

    script.state(
        NAME, new TableState(TableState.Phase.COPYING, 2, Optional.empty(), 0, -1, new Lsn(205)));
    script.rows(Batches.of(ITEMS).at(204).attempt().read(1L, "a").read(2L, "b").batch());
    script.state(
        NAME, new TableState(TableState.Phase.MEMBER, 2, Optional.empty(), 2, -1, new Lsn(300)));
    script.rows(insert(300, 3, "c")).boundary(310);
    runUpTo(310, ahead, behind);
    for (MemoryDestination copy : List.of(ahead, behind)) {
      assertThat(copy.rows(NAME).stream().map(CommittedRow::op))
          .containsExactly('c', 'c', 't', 'r', 'r', 'c');
      assertThat(names(copy)).containsExactly("a", "b", null, "a", "b", "c");
    }
  }

  private void runUpTo(long lsn, MemoryDestination... destinations) throws Exception {
    Pipeline pipeline = pipeline(destinations);
    CompletableFuture<Void> run = start(pipeline);
    flush(pipeline, lsn);
    end(pipeline, run);
  }

  @Test
  void triesAgainWhatIsRetryable() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    for (Step step : List.of(Step.OPEN, Step.PREPARE, Step.STAGE, Step.SEAL, Step.COMMIT)) {
      copy.at(step, () -> fail(new SinkException.Retryable("The store is busy.", null)));
    }
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    runUpTo(110, copy);
    assertThat(names(copy)).containsExactly("a");
    assertThat(copy.commits()).hasSize(1);
  }

  private static void fail(SinkException e) throws SinkException {
    throw e;
  }

  /**
   * A destination that is away: the pipeline says so, begins again, and loses and doubles nothing.
   */
  @Test
  void aDestinationThatIsAwayForLongIsWaitedFor() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);
    flush(pipeline, 110);
    assertThat(pipeline.status().state()).isEqualTo("running");

    AtomicBoolean away = new AtomicBoolean(true);
    AtomicInteger attempts = new AtomicInteger();
    goAway(copy, Step.COMMIT, away, attempts);
    script.rows(insert(200, 2, "b")).boundary(210);
    flushSoon(pipeline, 210);
    while (attempts.get() < 4) {
      PipelineStatus status = pipeline.status();
      if (attempts.get() > 1) {
        assertThat(status.state()).isEqualTo("recovering");
        assertThat(status.problem()).startsWith("Cannot reach the store: ");
      }
      assertThat(status.tidemark()).isIn("0/6E", "0/0");
      Thread.sleep(5);
    }
    assertThat(script.confirmed()).containsExactly(Script.position(110));
    away.set(false);
    flush(pipeline, 210);
    assertThat(pipeline.status().state()).isEqualTo("running");
    assertThat(pipeline.status().problem()).isEmpty();
    end(pipeline, run);
    assertThat(names(copy)).containsExactly("a", "b");
  }

  /** Makes every call of a step, and every opening after it, fail while the destination is away. */
  private static void goAway(
      MemoryDestination copy, Step step, AtomicBoolean away, AtomicInteger attempts) {
    copy.at(
        step,
        () -> {
          if (away.get()) {
            attempts.incrementAndGet();
            goAway(copy, Step.OPEN, away, attempts);
            throw new TidemarkException(
                ErrorCode.DESTINATION, "Cannot reach the store: attempt " + attempts.get() + ".");
          }
        });
  }

  /** A transaction that is staged for long moves, though nothing is committed. */
  @Test
  void whatASinkTakesIsToldBeforeItIsCommitted() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a"));
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);
    while (pipeline.status().sinks().get(0).rowsTaken() < 1) {
      Thread.sleep(5);
    }
    CountDownLatch release = copy.holdAt(Step.STAGE);
    script.rows(insert(100, 2, "b"));
    while (pipeline.status().sinks().get(0).callSeconds() < 1) {
      Thread.sleep(20);
    }
    release.countDown();
    while (pipeline.status().sinks().get(0).rowsTaken() < 2) {
      Thread.sleep(5);
    }
    assertThat(pipeline.status().rowsWritten()).isZero();
    assertThat(pipeline.status().sinks().get(0).callSeconds()).isZero();
    end(pipeline, run);
  }

  /** Many small tables make an interval longer, and a table that is not small does not wait. */
  @Test
  void manySmallTablesStretchTheInterval() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    int tables = 500;
    Duration interval = Duration.ofMillis(100);
    PipelineConfig base = PipelineConfig.of("test", folder, interval);
    PipelineConfig config =
        new PipelineConfig(
            "test",
            folder,
            new PipelineConfig.Flush(
                interval, Duration.ofSeconds(60), 1 << 20, 100_000, 1 << 20, interval),
            base.buffer(),
            base.policies(),
            Optional.empty());
    Pipeline pipeline =
        new Pipeline(
            config,
            () -> new ScriptedSource(script),
            List.of(),
            List.of(new NamedSink("copy", "memory", () -> new InMemorySink(copy))));
    started.add(pipeline);
    for (int i = 0; i < tables; i++) {
      TableSchema small = Form.of("public.t" + i).key("id", Form.BIGINT).schema();
      script.member(small).rows(Batches.of(small).at(100, i).insert(1L).batch());
    }
    script.boundary(110);
    long began = System.nanoTime();
    CompletableFuture<Void> run = start(pipeline);
    while (pipeline.status().rowsWritten() < tables) {
      Thread.sleep(5);
    }
    long took = System.nanoTime() - began;
    end(pipeline, run);
    assertThat(copy.commits()).hasSize(1);
    assertThat(Duration.ofNanos(took))
        .as("500 small tables, of which 50 fit one interval, make ten of one")
        .isGreaterThanOrEqualTo(interval.multipliedBy(10));
  }

  @Test
  void looksAgainAfterAnUnknownOutcome() throws Exception {
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    script.rows(insert(200, 2, "b")).boundary(210);
    for (Step step : List.of(Step.COMMIT, Step.COMMITTED)) {
      MemoryDestination copy = new MemoryDestination();
      copy.at(step, () -> fail(new SinkException.OutcomeUnknown("No answer came.", null)));
      runUpTo(210, copy);
      assertThat(names(copy)).containsExactly("a", "b");
    }
  }

  @Test
  void stopsWhenAnotherWriterHasTakenOver() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);
    flush(pipeline, 110);
    new InMemorySink(copy).open();
    script.rows(insert(200, 2, "b")).boundary(210);
    pipeline.flush(Optional.of(new Lsn(210)));
    assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TidemarkException.class)
        .satisfies(
            thrown ->
                assertThat(((TidemarkException) thrown.getCause()).code())
                    .isEqualTo(ErrorCode.FENCED));
    assertThat(pipeline.status().state()).isEqualTo("failed");
    assertThat(names(copy)).containsExactly("a");
  }

  @Test
  void aSecondLifeDoesNotTakeTheWritingFromAnotherProcess() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    InMemorySink successor = new InMemorySink(copy);
    copy.at(
        Step.COMMIT,
        () -> {
          successor.open();
          throw new SinkException.OutcomeUnknown("No answer came.", null);
        });
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);
    flushSoon(pipeline, 110);
    assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TidemarkException.class)
        .satisfies(
            thrown ->
                assertThat(((TidemarkException) thrown.getCause()).code())
                    .isEqualTo(ErrorCode.FENCED));
    successor.commit(
        new Commit(
            Script.position(110),
            0,
            List.of(),
            new java.util.TreeMap<>(),
            new java.util.TreeMap<>()));
    assertThat(copy.tidemark()).isEqualTo(Script.position(110));
  }

  /** Asks for a flush as soon as the pipeline takes it; how it ends does not matter. */
  private static void flushSoon(Pipeline pipeline, long lsn) throws Exception {
    while (true) {
      try {
        pipeline.flush(Optional.of(new Lsn(lsn)));
        return;
      } catch (TidemarkException e) {
        Thread.sleep(5); // it is still opening
      }
    }
  }

  private Pipeline pipeline(MemoryDestination copy, List<Transform> transforms) {
    Pipeline pipeline =
        new Pipeline(
            PipelineConfig.of("test", folder, Duration.ofMillis(20)),
            () -> new ScriptedSource(script),
            transforms,
            List.of(new NamedSink("copy", "memory", () -> new InMemorySink(copy))));
    started.add(pipeline);
    return pipeline;
  }

  private Phase phaseAtNextStart(MemoryDestination copy, long lsn, Transform... transforms)
      throws Exception {
    Pipeline pipeline = pipeline(copy, List.of(transforms));
    CompletableFuture<Void> run = start(pipeline);
    flush(pipeline, lsn);
    end(pipeline, run);
    TableState given = script.openings().get(script.openings().size() - 1).tables().get(NAME);
    return given == null ? null : given.phase();
  }

  @Test
  void aTableThatTheTransformsNameOrTakeInAnewIsCopiedAnew() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    Transform without = TransformsTest.make("tables", Map.of("exclude", "public.items"));
    Transform rename =
        TransformsTest.make("rename", Map.of("table", "public.items", "to", "shop.goods"));
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    phaseAtNextStart(copy, 110, without);
    assertThat(names(copy)).isEmpty();
    script.rows(insert(200, 2, "b")).boundary(210);
    assertThat(phaseAtNextStart(copy, 210)).isEqualTo(Phase.WAITING);
    script.rows(insert(300, 3, "c")).boundary(310);
    phaseAtNextStart(copy, 310);
    script.rows(insert(400, 4, "d")).boundary(410);
    assertThat(phaseAtNextStart(copy, 410, rename)).isEqualTo(Phase.WAITING);
  }

  @Test
  void rowsOfTwoFormsNeverMixUnderOneVersion() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    script.member(ITEMS).rows(insert(100, 1, "a")).boundary(110);
    phaseAtNextStart(copy, 110);
    script.rows(insert(200, 2, "b")).boundary(210);
    Transform without =
        TransformsTest.make("columns", Map.of("tables", "public.items", "exclude", "name"));
    phaseAtNextStart(copy, 210, without);
    TableState state = StateCodec.decode(copy.entries()).tables().get(NAME);
    assertThat(state.phase()).isEqualTo(Phase.FAILED);
    assertThat(state.reason().orElseThrow()).contains("other columns than the copy has");
    assertThat(names(copy)).containsExactly("a");
  }

  @Test
  void twoTablesNeverMixUnderOneName() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    TableSchema other =
        Form.of("public.other").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
    Transform rename =
        TransformsTest.make("rename", Map.of("table", "public.other", "to", "public.items"));
    script.member(ITEMS).member(other);
    script.rows(insert(100, 1, "a"));
    script.rows(Batches.of(other).at(100, 1).insert(1L, "not an item").batch()).boundary(110);
    Pipeline pipeline = pipeline(copy, List.of(rename));
    CompletableFuture<Void> run = start(pipeline);
    flush(pipeline, 110);
    end(pipeline, run);
    assertThat(names(copy)).containsExactly("a");
    assertThat(StateCodec.decode(copy.entries()).tables().get(other.name()).reason().orElseThrow())
        .contains("public.items has that name in the copy");
  }

  @Test
  void aRefusedTableLeavesTheCopyInTheSameCommitAndComesBackByANewCopy() throws Exception {
    MemoryDestination copy = new MemoryDestination();
    TableSchema other = Form.of("public.other").key("id", Form.BIGINT).schema();
    script.member(ITEMS).member(other);
    script.rows(insert(100, 1, InMemorySink.REFUSED_TEXT));
    script.rows(Batches.of(other).at(100).insert(1L).batch()).boundary(110);
    Pipeline pipeline = pipeline(copy);
    CompletableFuture<Void> run = start(pipeline);
    flush(pipeline, 110);
    assertThat(copy.rows(NAME)).isEmpty();
    assertThat(copy.rows(other.name())).hasSize(1);
    for (Commit commit : copy.commits()) {
      assertThat(commit.changes().get("table/public.items").orElseThrow()).contains("failed");
    }
    assertThat(StateCodec.decode(copy.entries()).tables().get(NAME).reason().orElseThrow())
        .contains("refuses");

    script.state(
        NAME, new TableState(TableState.Phase.COPYING, 2, Optional.empty(), 0, -1, new Lsn(120)));
    script.rows(Batches.of(ITEMS).at(119).attempt().read(1L, "good").batch());
    script.state(
        NAME, new TableState(TableState.Phase.MEMBER, 2, Optional.empty(), 1, -1, new Lsn(130)));
    script.boundary(210);
    flush(pipeline, 210);
    end(pipeline, run);
    assertThat(StateCodec.decode(copy.entries()).tables().get(NAME).isMember()).isTrue();
    assertThat(copy.rows(NAME).stream().map(CommittedRow::op)).containsExactly('t', 'r');
  }
}
