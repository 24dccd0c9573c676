package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.snapshot.KeyOrder.Bound;
import io.tidemark.postgres.snapshot.KeyRange.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * A copy attempt in key ranges: which range was read with which snapshot. Guarded by its owner's
 * monitor, which also guards the order of what is given. The reasoning stands in
 * docs/decisions/2026-11-21-copies-in-key-ranges.md.
 */
public final class KeyCopy {
  private final KeyOrder order;
  private final int attempt;
  private final long firstXid;
  private final CopyStamp stamp;
  private final List<KeyRange> ranges = new ArrayList<>();
  private final String print;
  private int timeline;

  /** A snapshot with a transaction up to this one still running may not be read with. */
  private long readableXid;

  /**
   * Where a copy begins.
   *
   * @param point position below which the rows are stamped: below every change of later
   *     transactions
   * @param xid given out after that position was read; every transaction up to this one has ended
   *     before anything is read
   * @param timeline the server's
   * @param takenAtMicros by the server's clock, microseconds since 1970 UTC
   */
  public record Start(Lsn point, long xid, int timeline, long takenAtMicros) {}

  /**
   * A copy that begins.
   *
   * @param print the table's definition, which must stay as it is
   */
  public KeyCopy(KeyOrder order, int attempt, Start start, String print) {
    this.order = order;
    this.attempt = attempt;
    this.firstXid = start.xid();
    this.readableXid = start.xid();
    this.timeline = start.timeline();
    this.stamp = new CopyStamp(start.point().value(), start.takenAtMicros());
    this.print = print;
    ranges.add(new KeyRange(null, null));
  }

  private KeyCopy(KeyOrder order, KeyLedger ledger) {
    this.order = order;
    this.attempt = ledger.attempt();
    this.firstXid = ledger.firstXid();
    this.readableXid = Long.MAX_VALUE;
    this.timeline = ledger.timeline();
    this.print = ledger.print();
    this.stamp = new CopyStamp(ledger.point(), ledger.takenAtMicros(), ledger.nextOrdinal());
    Bound end = null;
    boolean open = true;
    for (KeyLedger.Range read : ledger.read()) {
      Bound after = read.after().isEmpty() ? null : order.bound(read.after());
      Bound upTo = read.upTo().isEmpty() ? null : order.bound(read.upTo());
      if (!same(end, after)) {
        ranges.add(new KeyRange(end, after));
      }
      KeyRange range = new KeyRange(after, upTo);
      range.stage = read.seen().isEmpty() ? Stage.SETTLED : Stage.READ;
      range.seen = read.seen().isEmpty() ? null : XidSet.parse(read.seen());
      range.seenBelow = read.seenBelow();
      ranges.add(range);
      end = upTo;
      open = upTo != null;
    }
    if (open) {
      ranges.add(new KeyRange(end, null));
    }
  }

  private static boolean same(Bound a, Bound b) {
    return a == b || a != null && b != null && a.texts().equals(b.texts());
  }

  /**
   * A copy that goes on.
   *
   * @throws IllegalArgumentException where the ledger is of another form
   */
  public static KeyCopy restore(KeyOrder order, String ledger) {
    return new KeyCopy(order, KeyLedger.fromJson(ledger));
  }

  /** What must be found again, as text. */
  public String ledger() {
    List<KeyLedger.Range> read = new ArrayList<>();
    for (KeyRange range : ranges) {
      if (range.stage == Stage.READ || range.stage == Stage.SETTLED) {
        read.add(
            new KeyLedger.Range(
                range.after == null ? List.of() : range.after.texts(),
                range.upTo == null ? List.of() : range.upTo.texts(),
                range.stage == Stage.READ ? range.seen.toString() : "",
                range.seenBelow));
      }
    }
    return new KeyLedger(
            attempt,
            firstXid,
            timeline,
            stamp.commitLsn() + 1,
            stamp.takenAtMicros(),
            print,
            stamp.nextRun(),
            read)
        .toJson();
  }

  /** Number of the copy attempt. */
  public int attempt() {
    return attempt;
  }

  /** What its rows are stamped with. */
  public CopyStamp stamp() {
    return stamp;
  }

  /** The key in its order. */
  public KeyOrder order() {
    return order;
  }

  /** The table's definition when the attempt began. */
  public String print() {
    return print;
  }

  /**
   * Reading goes on after a restart, which forgot what was dropped before it: all of that was done
   * by transactions below one that began later.
   */
  public void goOn(Start start) {
    readableXid = start.xid();
  }

  /** Timeline of the server that the ranges were read from. */
  public int timeline() {
    return timeline;
  }

  /**
   * The server has another timeline: a standby was promoted.
   *
   * @return whether the copy still holds: nothing was read that may never have happened there, and
   *     the stream has come past a range, so past the place and the transaction that it began with
   */
  public boolean moveTo(int now) {
    boolean unproven =
        ranges.stream()
            .anyMatch(range -> range.stage == Stage.READ || range.stage == Stage.PENDING);
    boolean passed = ranges.stream().anyMatch(range -> range.stage == Stage.SETTLED);
    boolean holds = now == timeline || passed && !unproven;
    timeline = now;
    return holds;
  }

  // ---- reading

  /** The first range that nobody reads, if there is one. */
  public Optional<KeyRange> unread() {
    return ranges.stream().filter(range -> range.stage == Stage.UNREAD).findFirst();
  }

  /** Whether every range has been read. */
  public boolean isRead() {
    return ranges.stream()
        .allMatch(range -> range.stage == Stage.READ || range.stage == Stage.SETTLED);
  }

  /**
   * Begins to read the lower part of an unread range: from now on its changes wait.
   *
   * @param upTo last key of the part; empty for all of the range
   * @return the part, in the name of the one who begins: who read it before, and has not noticed
   *     that it was given up, holds another object
   */
  public KeyRange begin(KeyRange range, Optional<Bound> upTo) {
    int at = ranges.indexOf(range);
    KeyRange part = new KeyRange(range.after, upTo.orElse(range.upTo));
    part.mustSee = new HashSet<>(range.mustSee);
    part.stage = Stage.PENDING;
    ranges.set(at, part);
    if (upTo.isPresent()) {
      KeyRange rest = new KeyRange(upTo.get(), range.upTo);
      rest.mustSee = range.mustSee;
      ranges.add(at + 1, rest);
    }
    return part;
  }

  /**
   * Whether a snapshot may be what a range is read with: it sees every transaction of which a
   * change was dropped. What it sees need not be remembered any longer.
   */
  public boolean mayRead(KeyRange range, XidSet snapshot) {
    for (KeyRange any : ranges) {
      if (any.stage == Stage.UNREAD || any == range) {
        any.mustSee.removeIf(snapshot::sees);
      }
    }
    return range.mustSee.isEmpty() && snapshot.xmin() > readableXid;
  }

  /** Whether a range is still being read by the one who began. */
  public boolean isPending(KeyRange range) {
    return range.stage == Stage.PENDING && ranges.contains(range);
  }

  /**
   * The rows of a range have been given.
   *
   * @param seenBelow position of the log past all that the snapshot saw, unsigned
   * @return the changes that waited
   */
  public List<ChangeBatch> finish(KeyRange range, XidSet seen, long seenBelow) {
    range.stage = Stage.READ;
    range.seen = seen;
    range.seenBelow = seenBelow;
    range.mustSee = new HashSet<>();
    return unpark(range);
  }

  /**
   * A range could not be read.
   *
   * @return the changes that waited; to be sifted again
   */
  public List<ChangeBatch> giveUp(KeyRange range) {
    range.stage = Stage.UNREAD;
    return unpark(range);
  }

  private static List<ChangeBatch> unpark(KeyRange range) {
    List<ChangeBatch> parked = range.parked;
    range.parked = new ArrayList<>();
    range.parkedBytes = 0;
    return parked;
  }

  /** The stream has passed a position, unsigned: snapshots taken before it have been caught up. */
  public void passed(long position) {
    for (int i = 0; i < ranges.size(); i++) {
      KeyRange range = ranges.get(i);
      if (range.stage == Stage.READ && Long.compareUnsigned(range.seenBelow, position) <= 0) {
        range.stage = Stage.SETTLED;
        range.seen = null;
      }
      KeyRange below = i == 0 ? null : ranges.get(i - 1);
      if (below != null && below.stage == Stage.SETTLED && range.stage == Stage.SETTLED) {
        KeyRange both = new KeyRange(below.after, range.upTo);
        both.stage = Stage.SETTLED;
        ranges.set(i - 1, both);
        ranges.remove(i--);
      }
    }
  }

  // ---- changes of the stream

  /** All ranges, in the order of the key. */
  List<KeyRange> ranges() {
    return ranges;
  }

  /** Whether a transaction ended before anything was read. */
  boolean isBefore(long xid) {
    return xid <= firstXid;
  }

  /** Whether every change is given as it comes. */
  boolean isSettled() {
    return ranges.size() == 1 && ranges.get(0).stage == Stage.SETTLED;
  }

  /** The range of a row's key. */
  KeyRange find(List<ColumnData> row, int[] indexes, int i) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (KeyOrder.compare(row, indexes, i, ranges.get(middle).upTo) <= 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return ranges.get(low);
  }
}
