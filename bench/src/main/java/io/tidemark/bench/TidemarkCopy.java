package io.tidemark.bench;

import io.tidemark.api.model.Lsn;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** A copy by Tidemark, running in this process, of a slot that is there. */
final class TidemarkCopy implements FollowedCopy {
  private final Pipeline pipeline;
  private final Thread running;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** Starts it. */
  TidemarkCopy(Reader.Job job, Target target, Duration flush) {
    PostgresConfig source = TidemarkReader.source(job, "never");
    pipeline =
        new Pipeline(
            PipelineConfig.of("latency", Path.of(job.folder(), "data"), flush),
            () -> new PostgresSource(source, Map.of()),
            List.of(),
            List.of(target.sink(job)));
    running = new Thread(() -> TidemarkReader.run(pipeline, failure), "pipeline");
    running.start();
  }

  @Override
  public Lsn tidemark() {
    if (failure.get() != null) {
      throw new IllegalStateException("The pipeline has stopped.", failure.get());
    }
    return Lsn.parse(pipeline.status().tidemark());
  }

  @Override
  public void close() throws InterruptedException {
    pipeline.stop();
    running.join();
  }
}
