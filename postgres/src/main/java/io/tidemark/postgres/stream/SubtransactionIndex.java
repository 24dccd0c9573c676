package io.tidemark.postgres.stream;

import java.util.Arrays;

/**
 * Where in a list of records an id or a later one first stands, without an entry for each id: the
 * highest id before each stretch of records is remembered, the stretch itself must be read. Ids
 * compare as PostgreSQL's do, round the corner of 32 bits.
 */
final class SubtransactionIndex {
  private static final int STRETCH = 16 << 10;

  private long[] starts = new long[4];
  private int[] highestBefore = new int[4];
  private int size;
  private int highest;

  /** Whether an id was given out before another. */
  static boolean precedes(int xid, int other) {
    return xid - other < 0;
  }

  /** Counts a record, of an id, that begins at a position behind all others. */
  void added(int xid, long position) {
    if (size == 0) {
      highest = xid;
      push(position, xid);
    } else if (position - starts[size - 1] >= STRETCH) {
      push(position, highest);
    }
    scanned(xid);
  }

  /** Whether any record has the id or a later one. */
  boolean mayHave(int xid) {
    return size > 0 && !precedes(highest, xid);
  }

  /**
   * Forgets everything from the stretch on in which the first record of the id or a later one
   * stands. The caller then reads that stretch from its start, tells each record before that one to
   * {@link #scanned}, and drops the rest.
   *
   * @return where the stretch begins
   */
  long scanFrom(int xid) {
    while (size > 1 && !precedes(highestBefore[size - 1], xid)) {
      size--;
    }
    highest = highestBefore[size - 1];
    return starts[size - 1];
  }

  /** Counts a record of a stretch that stays. */
  void scanned(int xid) {
    if (precedes(highest, xid)) {
      highest = xid;
    }
  }

  /** Forgets all. */
  void clear() {
    size = 0;
  }

  private void push(long position, int before) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
      highestBefore = Arrays.copyOf(highestBefore, size * 2);
    }
    starts[size] = position;
    highestBefore[size] = before;
    size++;
  }
}
