package io.tidemark.app.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The wish that what runs shall end: by Ctrl-C, by SIGTERM, by an option, by a test. Any thread may
 * use it.
 */
public final class StopRequest {
  private final CountDownLatch requested = new CountDownLatch(1);
  private final List<Runnable> listeners = new ArrayList<>();
  private volatile boolean heard;

  /** Asks for the end; returns at once. */
  public void request() {
    List<Runnable> told;
    synchronized (listeners) {
      if (requested.getCount() == 0) {
        return;
      }
      requested.countDown();
      told = List.copyOf(listeners);
    }
    told.forEach(Runnable::run);
  }

  /** Whether the end was asked for. */
  public boolean isRequested() {
    return requested.getCount() == 0;
  }

  /** Has something done when the end is asked for; at once if it was already. */
  public void whenRequested(Runnable listener) {
    heard = true;
    synchronized (listeners) {
      if (requested.getCount() != 0) {
        listeners.add(listener);
        return;
      }
    }
    listener.run();
  }

  /** Waits until the end is asked for or a time is over, and tells whether it was asked for. */
  public boolean await(Duration time) throws InterruptedException {
    heard = true;
    return requested.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether anybody will do something about the request. */
  boolean hasListener() {
    return heard;
  }
}
