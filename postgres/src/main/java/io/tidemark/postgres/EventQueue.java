package io.tidemark.postgres;

import io.tidemark.api.source.SourceEvent;
import io.tidemark.postgres.stream.ByteBudget;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;

/**
 * What was read and not yet taken, in order. Putting never waits; whoever reads rows waits for room
 * before reading more, the stream through the {@link ByteBudget}, the copy by {@link #awaitRoom}.
 */
final class EventQueue {
  private static final long LOOK_MILLIS = 200;

  private record Item(SourceEvent event, long bytes) {}

  private final LinkedBlockingDeque<Item> items = new LinkedBlockingDeque<>();
  private final ByteBudget budget;
  private volatile RuntimeException failure;
  private volatile boolean closed;

  EventQueue(long bytes) {
    budget = new ByteBudget(bytes);
  }

  ByteBudget budget() {
    return budget;
  }

  void put(SourceEvent event) {
    long bytes = event instanceof SourceEvent.Changes rows ? rows.batch().bytes() : 0;
    budget.take(bytes);
    items.add(new Item(event, bytes));
  }

  /**
   * Waits until there is room for rows.
   *
   * @throws InterruptedException also when the queue was closed
   */
  void awaitRoom() throws InterruptedException {
    while (!budget.awaitRoom(LOOK_MILLIS)) {
      refuseClosed();
    }
    refuseClosed();
  }

  private void refuseClosed() throws InterruptedException {
    if (closed) {
      throw new InterruptedException("the source is closed");
    }
  }

  /** The next event, or null; what failed for good is thrown once all before it was taken. */
  SourceEvent poll(Duration wait) throws InterruptedException {
    long deadline = System.nanoTime() + wait.toNanos();
    Item item = items.poll();
    while (item == null && failure == null && System.nanoTime() - deadline < 0) {
      long left = Math.min(LOOK_MILLIS * 1_000_000, deadline - System.nanoTime());
      item = items.poll(Math.max(1, left), TimeUnit.NANOSECONDS);
    }
    if (item == null) {
      if (failure != null) {
        throw failure;
      }
      return null;
    }
    budget.give(item.bytes());
    return item.event();
  }

  /** Ends the reading with what {@link #poll} shall throw; the first failure counts. */
  synchronized void fail(RuntimeException reason) {
    if (failure == null) {
      failure = reason;
    }
  }

  boolean isClosed() {
    return closed;
  }

  void close() {
    closed = true;
  }
}
