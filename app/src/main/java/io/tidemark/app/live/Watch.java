package io.tidemark.app.live;

import io.tidemark.app.cli.Session;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Shows a pipeline until it ends or shall end. */
public final class Watch {
  private static final Duration REDRAW = Duration.ofMillis(250);
  private static final Duration REPORT = Duration.ofSeconds(3);

  private final Session session;
  private final RunningPipeline pipeline;
  private final Supplier<OptionalLong> produced;
  private final StatusLines lines = new StatusLines();
  private final long start = System.nanoTime();

  /**
   * @param produced rows that a generator has written so far; empty where there is none
   */
  public Watch(Session session, RunningPipeline pipeline, Supplier<OptionalLong> produced) {
    this.session = session;
    this.pipeline = pipeline;
    this.produced = produced;
  }

  /**
   * Returns when the pipeline has ended, the user wants it to end, or the time is over.
   *
   * @param length how long at most
   */
  public void show(Optional<Duration> length) throws InterruptedException {
    if (!session.isLive()) {
      show(length, REPORT, () -> session.talk().println(lines.line(status(), seconds())));
      return;
    }
    try (Screen screen = new Screen(session.out())) {
      show(length, REDRAW, () -> screen.draw(lines.picture(status(), seconds(), produced.get())));
    }
  }

  private void show(Optional<Duration> length, Duration step, Runnable report)
      throws InterruptedException {
    double next = 0;
    while (!pipeline.hasEnded()) {
      double now = seconds();
      double left = length.map(time -> time.toMillis() / 1e3 - now).orElse(Double.MAX_VALUE);
      if (left <= 0) {
        return;
      }
      if (now >= next) {
        report.run();
        next = now + step.toMillis() / 1e3;
      }
      long wait = (long) (Math.min(Math.min(left, next - now), 0.1) * 1e3);
      if (session.stop().await(Duration.ofMillis(Math.max(1, wait)))) {
        return;
      }
    }
  }

  private PipelineStatus status() {
    return pipeline.status();
  }

  private double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }
}
