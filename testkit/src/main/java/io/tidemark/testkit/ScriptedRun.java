package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineConfig.OnFailedTable;
import io.tidemark.engine.pipeline.PipelineConfig.OnReject;
import io.tidemark.engine.pipeline.PipelineConfig.Policies;
import io.tidemark.testkit.ScriptedSource.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A pipeline that brings a script to a destination, on a thread of its own, until it is closed. */
public final class ScriptedRun implements AutoCloseable {
  private static final long LONGEST_SECONDS = 60;

  private final Pipeline pipeline;
  private final CompletableFuture<Void> run;

  private ScriptedRun(Pipeline pipeline) {
    this.pipeline = pipeline;
    this.run =
        CompletableFuture.runAsync(
            () -> {
              try {
                pipeline.run();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            },
            task -> new Thread(task).start());
  }

  /** How pipelines of tests are told to run: quick flushes, and a policy for rows not taken. */
  public static PipelineConfig config(Path dataDir, OnReject onReject) {
    Duration soon = Duration.ofMillis(20);
    return new PipelineConfig(
        "test",
        dataDir,
        new PipelineConfig.Flush(soon, soon, 1 << 20, 1000, 0, soon),
        PipelineConfig.of("test", dataDir, soon).buffer(),
        new Policies(OnFailedTable.EXCLUDE, onReject, 100),
        Optional.empty());
  }

  /** The destination, as the pipeline calls it. */
  public static NamedSink sink(SinkFixture destination) {
    return new NamedSink("copy", "any", destination::newSink);
  }

  /** Starts. */
  public static ScriptedRun start(PipelineConfig config, Script script, SinkFixture destination) {
    return new ScriptedRun(
        new Pipeline(
            config, () -> new ScriptedSource(script), List.of(), List.of(sink(destination))));
  }

  /** The pipeline. */
  public Pipeline pipeline() {
    return pipeline;
  }

  /** Waits until everything below a position is committed. */
  public ScriptedRun until(long lsn) throws InterruptedException {
    String wanted = new Lsn(lsn).toString();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_SECONDS);
    while (!pipeline.status().tidemark().equals(wanted)) {
      assertThat(run).as("the pipeline runs").isNotDone();
      assertThat(System.nanoTime())
          .as("time until %s, at %s", wanted, pipeline.status())
          .isLessThan(end);
      Thread.sleep(5);
    }
    return this;
  }

  /** Ends in order. */
  @Override
  public void close() throws Exception {
    pipeline.stop();
    run.get(LONGEST_SECONDS, TimeUnit.SECONDS);
  }
}
