package io.tidemark.engine.pipeline;

import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a sink, again and again with growing pauses while it says that trying again may help. */
final class SteadySink {
  private static final Logger LOG = LoggerFactory.getLogger(SteadySink.class);

  /** One call. */
  @FunctionalInterface
  interface Call<T> {
    T on(Sink sink) throws SinkException;
  }

  /** The pipeline was stopped while a call was being tried again. */
  static final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GivenUp(Throwable cause) {
      super("The pipeline was stopped while a call was being tried again.", cause);
    }
  }

  private final String name;
  private final Sink sink;
  private final StopSignal stop;
  private volatile OptionalLong calledAt = OptionalLong.empty();
  private final AtomicReference<String> problem = new AtomicReference<>();

  SteadySink(String name, Sink sink, StopSignal stop) {
    this.name = name;
    this.sink = sink;
    this.stop = stop;
  }

  String name() {
    return name;
  }

  Sink sink() {
    return sink;
  }

  /** Ends the lane of this sink. */
  StopSignal stop() {
    return stop;
  }

  /** Why the sink does not go on just now; any thread. */
  Optional<String> problem() {
    return Optional.ofNullable(problem.get());
  }

  /** How long the sink has been in the call that it works on now; zero between calls. */
  Duration inCall() {
    OptionalLong since = calledAt;
    return since.isPresent()
        ? Duration.ofNanos(System.nanoTime() - since.getAsLong())
        : Duration.ZERO;
  }

  /**
   * Makes a call until it succeeds or fails for good. After a stop was requested it is tried again
   * until the grace is over.
   */
  <T> T call(Call<T> call) throws SinkException, InterruptedException {
    BackOff backOff = new BackOff();
    while (true) {
      try {
        T result = timed(call);
        if (problem.getAndSet(null) != null) {
          LOG.info("Sink {} goes on.", name);
        }
        return result;
      } catch (SinkException.Retryable e) {
        if (problem.getAndSet(e.getMessage()) == null) {
          LOG.warn("Sink {} waits and tries again: {}", name, e.getMessage());
        }
        if (stop.overdue()) {
          throw new GivenUp(e);
        }
        pause(backOff);
      }
    }
  }

  private <T> T timed(Call<T> call) throws SinkException {
    calledAt = OptionalLong.of(System.nanoTime());
    try {
      return call.on(sink);
    } finally {
      calledAt = OptionalLong.empty();
    }
  }

  private void pause(BackOff backOff) throws InterruptedException {
    Duration wait = backOff.next();
    if (stop.requested()) {
      Thread.sleep(Math.min(250, wait.toMillis()));
    } else {
      stop.await(wait);
    }
  }
}
