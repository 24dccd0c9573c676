package io.tidemark.engine.pipeline;

import io.tidemark.api.model.TableName;
import io.tidemark.engine.spill.LaneSpill;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What waits between the source's thread and one lane, in order: batches in memory up to a bound,
 * and spilled ones that take none. The bound is soft: there is room while less waits, so one batch
 * may go above it.
 */
final class HandOver implements AutoCloseable {
  /** An event, or rows on disk in its place. */
  private record Waiting(
      LaneEvent event, TableName source, LaneSpill.Spilled spilled, long bytes) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final ArrayDeque<Waiting> events = new ArrayDeque<>();
  private final long bound;
  private final LaneSpill spill;
  private final Runnable onTaken;
  private long bytes;
  private long spilledBytes;
  private boolean woken;

  /**
   * Makes an empty one.
   *
   * @param bound bytes of memory
   * @param onTaken called after each event is taken, by the lane's thread
   */
  HandOver(long bound, LaneSpill spill, Runnable onTaken) {
    this.bound = bound;
    this.spill = spill;
    this.onTaken = onTaken;
  }

  boolean hasRoom() {
    return bytes() < bound;
  }

  /** Bytes that wait in memory. */
  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Bytes that wait on disk. */
  long spilledBytes() {
    lock.lock();
    try {
      return spilledBytes;
    } finally {
      lock.unlock();
    }
  }

  void put(LaneEvent event) {
    put(new Waiting(event, null, null, event instanceof LaneEvent.Rows r ? r.batch().bytes() : 0));
  }

  /** Puts rows on disk; false when the budget or the disk does not allow it. */
  boolean spill(LaneEvent.Rows rows) {
    Optional<LaneSpill.Spilled> spilled = spill.write(rows.batch());
    spilled.ifPresent(written -> put(new Waiting(null, rows.source(), written, 0)));
    return spilled.isPresent();
  }

  private void put(Waiting waiting) {
    lock.lock();
    try {
      events.add(waiting);
      bytes += waiting.bytes();
      spilledBytes += waiting.spilled() == null ? 0 : waiting.spilled().bytes();
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
    Waiting waiting = poll(nanos);
    if (waiting == null) {
      return null;
    }
    onTaken.run();
    return waiting.spilled() == null
        ? waiting.event()
        : new LaneEvent.Rows(waiting.source(), spill.read(waiting.spilled()));
  }

  private Waiting poll(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (events.isEmpty() && !woken && left > 0) {
        left = filled.awaitNanos(left);
      }
      woken = false;
      Waiting waiting = events.poll();
      if (waiting != null) {
        bytes -= waiting.bytes();
        spilledBytes -= waiting.spilled() == null ? 0 : waiting.spilled().bytes();
      }
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what waits on disk. */
  @Override
  public void close() {
    spill.close();
  }
}
