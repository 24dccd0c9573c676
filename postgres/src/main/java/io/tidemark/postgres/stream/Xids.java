package io.tidemark.postgres.stream;

/** Transaction ids of 32 bits, and what they are in 64. Used by one thread. */
final class Xids {
  private long recent;

  /**
   * @param recent a full id that was given out lately
   */
  Xids(long recent) {
    this.recent = recent;
  }

  /** Whether an id was given out before another, as PostgreSQL compares: round the corner. */
  static boolean precedes(int xid, int other) {
    return xid - other < 0;
  }

  /** The 64-bit form of an id, the one nearest to the ids seen lately. */
  long widen(int xid) {
    long full = recent + (xid - (int) recent);
    if (full < 0) {
      return Integer.toUnsignedLong(xid);
    }
    recent = Math.max(recent, full);
    return full;
  }
}
