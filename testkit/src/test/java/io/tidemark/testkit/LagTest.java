package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineConfig.Buffer;
import io.tidemark.engine.pipeline.PipelineConfig.OnLag;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.testkit.MemoryDestination.Step;
import io.tidemark.testkit.ScriptedSource.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sink that is slower than another one. */
@Timeout(60)
class LagTest {
  private static final TableSchema ITEMS =
      Form.of("public.items").key("id", Form.BIGINT).column("name", Form.TEXT).schema();
  private static final int BATCHES = 50;
  private static final long LAST = BATCHES * 100L + 10;

  @TempDir Path folder;
  private final Script script = new Script();
  private final MemoryDestination fast = new MemoryDestination();
  private final MemoryDestination slow = new MemoryDestination();

  private Pipeline pipeline(Buffer buffer) {
    PipelineConfig base = PipelineConfig.of("test", folder, Duration.ofMillis(20));
    return new Pipeline(
        new PipelineConfig(
            base.name(), folder, base.flush(), buffer, base.policies(), Optional.empty()),
        () -> new ScriptedSource(script),
        List.of(),
        List.of(
            new NamedSink("fast", "memory", () -> new InMemorySink(fast)),
            new NamedSink("slow", "memory", () -> new InMemorySink(slow))));
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

  private static void until(Pipeline pipeline, Predicate<PipelineStatus> reached)
      throws InterruptedException {
    while (!reached.test(pipeline.status())) {
      Thread.sleep(5);
    }
  }

  private void play() {
    script.member(ITEMS);
    for (long i = 1; i <= BATCHES; i++) {
      script.rows(Batches.of(ITEMS).at(i * 100).insert(i, "name of " + i).batch());
      script.boundary(i * 100 + 10);
    }
  }

  private static PipelineStatus.SinkLine sink(PipelineStatus status, int at) {
    return status.sinks().get(at);
  }

  @Test
  void spillsForTheSlowWhileTheFastGoesOn() throws Exception {
    play();
    CountDownLatch release = slow.holdAt(Step.STAGE);
    Pipeline pipeline = pipeline(new Buffer(100, 1 << 20, 0, OnLag.HOLD));
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, status -> sink(status, 0).rowsWritten() == BATCHES);
    assertThat(sink(pipeline.status(), 1).spilledBytes()).isPositive();
    assertThat(slow.commits()).isEmpty();
    assertThat(script.confirmed()).isEmpty();
    release.countDown();
    until(pipeline, status -> sink(status, 1).rowsWritten() == BATCHES);
    until(pipeline, status -> status.tidemark().equals(new Lsn(LAST).toString()));
    assertThat(sink(pipeline.status(), 1).spilledBytes()).isZero();
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(slow.rows(ITEMS.name())).isEqualTo(fast.rows(ITEMS.name())).hasSize(BATCHES);
    assertThat(folder.resolve("spill/lane-1")).doesNotExist();
  }

  @Test
  void holdsWhenNoMoreMayBeSpilled() throws Exception {
    play();
    CountDownLatch release = slow.holdAt(Step.STAGE);
    Pipeline pipeline = pipeline(new Buffer(100, 500, 0, OnLag.HOLD));
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, status -> status.problem().startsWith("Reading waits for sink slow"));
    assertThat(pipeline.status().changesCaptured()).isLessThan(BATCHES);
    release.countDown();
    until(pipeline, status -> status.tidemark().equals(new Lsn(LAST).toString()));
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(slow.rows(ITEMS.name())).isEqualTo(fast.rows(ITEMS.name())).hasSize(BATCHES);
  }

  @Test
  void aDiskThatIsLowIsAsOneThatIsFull() throws Exception {
    play();
    CountDownLatch release = slow.holdAt(Step.STAGE);
    Pipeline pipeline = pipeline(new Buffer(100, 1 << 20, Long.MAX_VALUE, OnLag.HOLD));
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, status -> status.problem().startsWith("Reading waits for sink slow"));
    assertThat(sink(pipeline.status(), 1).spilledBytes()).isZero();
    release.countDown();
    until(pipeline, status -> status.tidemark().equals(new Lsn(LAST).toString()));
    assertThat(pipeline.status().problem()).isEmpty();
    pipeline.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(slow.rows(ITEMS.name())).isEqualTo(fast.rows(ITEMS.name())).hasSize(BATCHES);
  }

  @Test
  void stopsWhenToldTo() throws Exception {
    play();
    CountDownLatch release = slow.holdAt(Step.STAGE);
    Pipeline pipeline = pipeline(new Buffer(100, 500, 0, OnLag.STOP));
    CompletableFuture<Void> run = start(pipeline);
    until(pipeline, status -> status.problem().startsWith("Reading waits for sink slow"));
    release.countDown();
    assertThatThrownBy(() -> run.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TidemarkException.class)
        .hasMessageContaining("Cannot keep up with the source: sink slow is behind");
  }

  @Test
  void leavesTheSlowBehindAndTakesItBackByANewCopy() throws Exception {
    play();
    CountDownLatch release = slow.holdAt(Step.STAGE);
    Pipeline first = pipeline(new Buffer(100, 500, 0, OnLag.DETACH));
    CompletableFuture<Void> run = start(first);
    until(first, status -> status.tidemark().equals(new Lsn(LAST).toString()));
    until(first, status -> sink(status, 1).state().equals("detached"));
    assertThat(fast.entries()).containsEntry("detached/slow", "0/0");
    assertThat(script.confirmed()).isNotEmpty();
    release.countDown();
    first.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(slow.commits()).isEmpty();

    script.state(
        ITEMS.name(),
        new TableState(TableState.Phase.COPYING, 1, Optional.empty(), 0, -1, new Lsn(LAST)));
    Batches copy = Batches.of(ITEMS).at(LAST + 89).attempt();
    for (long i = 1; i <= BATCHES; i++) {
      copy.read(i, "name of " + i);
    }
    script
        .rows(copy.batch())
        .state(
            ITEMS.name(),
            new TableState(TableState.Phase.MEMBER, 1, Optional.empty(), 0, -1, new Lsn(LAST)));
    script.boundary(LAST + 100);
    Pipeline second = pipeline(new Buffer(1 << 20, 500, 0, OnLag.DETACH));
    run = start(second);
    until(second, status -> status.tidemark().equals(new Lsn(LAST + 100).toString()));
    second.stop();
    run.get(20, TimeUnit.SECONDS);
    assertThat(script.openings().get(1).position()).isEqualTo(Script.position(LAST));
    assertThat(script.openings().get(1).tables().get(ITEMS.name()).phase())
        .isEqualTo(TableState.Phase.WAITING);
    assertThat(fast.entries()).isEqualTo(slow.entries()).doesNotContainKey("detached/slow");
    assertThat(slow.rows(ITEMS.name()))
        .isEqualTo(CommittedRow.of(copy.batch()))
        .hasSize(BATCHES + 1);
  }
}
