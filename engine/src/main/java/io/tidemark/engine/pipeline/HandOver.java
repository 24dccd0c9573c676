package io.tidemark.engine.pipeline;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits between the source's thread and one lane, in order. It is bounded softly: there is
 * room while less than the bound waits, so one batch may go above it.
 */
final class HandOver {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final ArrayDeque<LaneEvent> events = new ArrayDeque<>();
  private final long bound;
  private final Runnable onTaken;
  private long bytes;
  private boolean woken;

  /**
   * Makes an empty one.
   *
   * @param bound bytes of memory
   * @param onTaken called after each event is taken, by the lane's thread
   */
  HandOver(long bound, Runnable onTaken) {
    this.bound = bound;
    this.onTaken = onTaken;
  }

  boolean hasRoom() {
    lock.lock();
    try {
      return bytes < bound;
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  void put(LaneEvent event) {
    lock.lock();
    try {
      events.add(event);
      bytes += event.bytes();
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Lets a waiting {@link #take} return, so that its caller looks at what else there is to do. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      filled.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The next event; null when none came within the time or after a {@link #wake}. */
  LaneEvent take(long nanos) throws InterruptedException {
    LaneEvent event;
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (events.isEmpty() && !woken && left > 0) {
        left = filled.awaitNanos(left);
      }
      woken = false;
      event = events.poll();
      if (event != null) {
        bytes -= event.bytes();
      }
    } finally {
      lock.unlock();
    }
    if (event != null) {
      onTaken.run();
    }
    return event;
  }

  /** How long a caller without anything else to do may wait. */
  static long longestWait() {
    return TimeUnit.MILLISECONDS.toNanos(500);
  }
}
