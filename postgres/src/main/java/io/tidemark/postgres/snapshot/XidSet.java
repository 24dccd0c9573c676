package io.tidemark.postgres.snapshot;

import java.util.Arrays;

/**
 * Which transactions a snapshot sees (manual, "Transaction ID and Snapshot Information Functions"):
 * all below {@code xmin}, none from {@code xmax} on, and of those between all but the running ones.
 *
 * @param xmin oldest transaction id that was running, 64 bits
 * @param xmax first one that no snapshot row can carry, 64 bits
 * @param running top-level ids between them that had not ended, ascending
 */
public record XidSet(long xmin, long xmax, long[] running) {
  public XidSet {
    running = running.clone();
    Arrays.sort(running);
  }

  /** Reads the text of {@code pg_current_snapshot()}: {@code 10:20:10,14,15}. */
  public static XidSet parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException("no snapshot: " + text);
    }
    long[] running =
        parts[2].isEmpty()
            ? new long[0]
            : Arrays.stream(parts[2].split(",")).mapToLong(Long::parseLong).toArray();
    return new XidSet(Long.parseLong(parts[0]), Long.parseLong(parts[1]), running);
  }

  /** Whether what a top-level transaction did is in the snapshot, given that it committed. */
  public boolean sees(long xid) {
    return xid < xmin || xid < xmax && Arrays.binarySearch(running, xid) < 0;
  }

  @Override
  public long[] running() {
    return running.clone();
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append(xmin).append(':').append(xmax).append(':');
    for (int i = 0; i < running.length; i++) {
      text.append(i == 0 ? "" : ",").append(running[i]);
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof XidSet set
        && set.xmin == xmin
        && set.xmax == xmax
        && Arrays.equals(set.running, running);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(xmin) * 31 + Long.hashCode(xmax) + Arrays.hashCode(running);
  }
}
