package io.tidemark.app.live;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.control.ControlServer;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.engine.telemetry.TelemetryServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A pipeline on a thread of its own. */
public final class RunningPipeline {
  private final Pipeline pipeline;
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private RunningPipeline(Pipeline pipeline) {
    this.pipeline = pipeline;
  }

  /**
   * Starts a pipeline, and the endpoint through which other commands reach it.
   *
   * @param folder its data folder
   */
  public static RunningPipeline start(Pipeline pipeline, Path folder) {
    if (ControlClient.find(folder).isPresent()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot start the pipeline: one is running with data folder "
              + folder
              + ". Stop it first, or choose another data-dir.");
    }
    RunningPipeline running = new RunningPipeline(pipeline);
    new Thread(() -> running.run(folder), "pipeline").start();
    return running;
  }

  private void run(Path folder) {
    try (ControlServer control = ControlServer.start(pipeline, folder);
        AutoCloseable metrics = metrics()) {
      pipeline.run();
      end.complete(null);
    } catch (Exception | Error e) {
      end.completeExceptionally(e);
    }
  }

  private AutoCloseable metrics() {
    return pipeline.config().metrics().isPresent()
        ? TelemetryServer.start(pipeline, pipeline.config().metrics().get())
        : () -> {};
  }

  /** How it stands. */
  public PipelineStatus status() {
    return pipeline.status();
  }

  /** Whether it has ended, in whatever way. */
  public boolean hasEnded() {
    return end.isDone();
  }

  /**
   * Brings everything below a position to the copies, if that is done in time.
   *
   * @param position of the source's log
   */
  public void flush(Lsn position, Duration patience) throws InterruptedException {
    if (hasEnded()) {
      return;
    }
    try {
      pipeline.flush(Optional.of(position)).get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | TidemarkException e) {
      // What is not there yet comes at the next start; the end says how far the copy is.
      return;
    }
  }

  /**
   * Ends it.
   *
   * @return false when it did not end in time
   * @throws TidemarkException why it had failed, if it had
   */
  public boolean stop(Duration patience) throws InterruptedException {
    pipeline.stop();
    try {
      end.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof TidemarkException known
          ? known
          : new TidemarkException(
              ErrorCode.INTERNAL,
              "Something went wrong in the pipeline that should not: " + e.getCause() + ".",
              e.getCause());
    }
  }
}
