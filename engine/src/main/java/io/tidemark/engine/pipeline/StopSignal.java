package io.tidemark.engine.pipeline;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Says once that work shall end, and until when an orderly end may take. Any thread. */
final class StopSignal {
  /** Time for an orderly end; a caller's own bound of 10 s leaves room for closing connections. */
  private static final Duration GRACE = Duration.ofSeconds(6);

  private final CountDownLatch requested = new CountDownLatch(1);
  private final List<StopSignal> parts = new CopyOnWriteArrayList<>();
  private volatile long deadline = Long.MAX_VALUE;

  /** A signal for a part of the work: it ends with the whole, or before. */
  StopSignal part() {
    StopSignal part = new StopSignal();
    parts.add(part);
    if (requested()) {
      part.request();
    }
    return part;
  }

  /** Asks for an orderly end. */
  void request() {
    request(GRACE);
  }

  /** Asks for an end at once: what was not committed is given up. */
  void abandon() {
    request(Duration.ZERO);
  }

  private synchronized void request(Duration grace) {
    if (requested.getCount() > 0) {
      deadline = System.nanoTime() + grace.toNanos();
      requested.countDown();
    }
    parts.forEach(part -> part.request(grace));
  }

  boolean requested() {
    return requested.getCount() == 0;
  }

  /** Whether the time for an orderly end is over. */
  boolean overdue() {
    return requested() && System.nanoTime() - deadline >= 0;
  }

  /** Waits; true when a stop was requested before the time was over. */
  boolean await(Duration time) throws InterruptedException {
    return requested.await(time.toNanos(), TimeUnit.NANOSECONDS);
  }
}
