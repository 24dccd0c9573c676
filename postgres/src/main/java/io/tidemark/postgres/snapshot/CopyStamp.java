package io.tidemark.postgres.snapshot;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the rows of one copy attempt are stamped with: a commit LSN just below the snapshot's
 * position, and ordinals that are unique in the attempt. Threads take ordinals in runs.
 */
public final class CopyStamp {
  private static final int RUN = 4096;

  private final long commitLsn;
  private final long takenAtMicros;
  private final AtomicLong runs;
  private long next;
  private long end;

  /**
   * @param point the snapshot's position, unsigned; no commit record begins just below it, since
   *     records are aligned
   */
  public CopyStamp(long point, long takenAtMicros) {
    this(point, takenAtMicros, 1);
  }

  /**
   * The stamp of an attempt that goes on.
   *
   * @param firstOrdinal above all that were given before, 1 or more
   */
  CopyStamp(long point, long takenAtMicros, long firstOrdinal) {
    this(point - 1, takenAtMicros, new AtomicLong(firstOrdinal));
  }

  private CopyStamp(long commitLsn, long takenAtMicros, AtomicLong runs) {
    this.commitLsn = commitLsn;
    this.takenAtMicros = takenAtMicros;
    this.runs = runs;
  }

  /** The same stamp for another thread. */
  public CopyStamp fork() {
    return new CopyStamp(commitLsn, takenAtMicros, runs);
  }

  /** Commit LSN of every row. */
  public long commitLsn() {
    return commitLsn;
  }

  /** Commit time of every row. */
  public long takenAtMicros() {
    return takenAtMicros;
  }

  /** Above every ordinal that was given so far. */
  long nextRun() {
    return runs.get();
  }

  /** An ordinal that no other row of the attempt has; 1 or more. */
  public long nextOrdinal() {
    if (next == end) {
      next = runs.getAndAdd(RUN);
      end = next + RUN;
    }
    return next++;
  }
}
