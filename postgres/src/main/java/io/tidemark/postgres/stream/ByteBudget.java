package io.tidemark.postgres.stream;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many bytes may lie between the reader of the stream and whoever takes its batches. The
 * listener takes without waiting, so the sum may go above the limit by what one hand-over holds;
 * the reader waits before it reads on until the sum is below the limit again, and keeps the server
 * informed while it waits. Any thread may call.
 */
public final class ByteBudget {
  private final long limit;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private volatile long taken;

  /**
   * A budget of which nothing is taken.
   *
   * @param limit bytes, 1 or more
   */
  public ByteBudget(long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("Cannot budget " + limit + " bytes: expected 1 or more.");
    }
    this.limit = limit;
  }

  /** Counts bytes that were queued; never waits. */
  public void take(long bytes) {
    lock.lock();
    try {
      taken += bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Counts bytes that have left the queue. */
  public void give(long bytes) {
    lock.lock();
    try {
      taken -= bytes;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that are queued now. */
  public long taken() {
    return taken;
  }

  /** Whether less than the limit is queued. */
  public boolean hasRoom() {
    return taken < limit;
  }

  /**
   * Waits until there is room, at most for a time.
   *
   * @return whether there is room
   */
  public boolean awaitRoom(long millis) throws InterruptedException {
    if (hasRoom()) {
      return true;
    }
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lock();
    try {
      while (!hasRoom() && left > 0) {
        left = room.awaitNanos(left);
      }
      return hasRoom();
    } finally {
      lock.unlock();
    }
  }
}
