package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.snapshot.KeyRange.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides which changes of the stream count beside a copy in key ranges: those of a range that was
 * read, whose transaction the range's snapshot did not see. Changes of a range that is being read
 * wait in it. Guarded by the owner's monitor of the {@link KeyCopy}.
 */
public final class KeySieve {
  private static final long PARKED_BYTES = 16 << 20;

  private final KeyCopy copy;
  private final List<ChangeBatch> again = new ArrayList<>();
  private Optional<Broken> broken = Optional.empty();
  private ChangeBatch in;
  private ChangeBatch out;
  private int[] key;

  /**
   * The attempt cannot go on.
   *
   * @param reason why, in words for the user
   * @param forGood whether another attempt in ranges would come to the same
   */
  public record Broken(String reason, boolean forGood) {}

  public KeySieve(KeyCopy copy) {
    this.copy = copy;
  }

  /** Why the attempt has to begin again, if it has to; then nothing that was given matters. */
  public Optional<Broken> broken() {
    return broken;
  }

  /** The changes that count now, in batches of the same form, in order within each. */
  public List<ChangeBatch> sift(ChangeBatch batch) {
    return sift(List.of(batch));
  }

  /** The same for several batches. */
  public List<ChangeBatch> sift(List<ChangeBatch> batches) {
    List<ChangeBatch> kept = new ArrayList<>();
    again.addAll(batches);
    while (!again.isEmpty() && broken.isEmpty()) {
      in = again.remove(0);
      if (!copy.order().fits(in.schema())) {
        broken = Optional.of(new Broken("its key changed while it was copied", false));
      } else if (copy.isSettled()) {
        kept.add(in);
      } else {
        siftOne(kept);
      }
    }
    again.clear();
    return kept;
  }

  private void siftOne(List<ChangeBatch> kept) {
    out = new ChangeBatch(in.schema());
    key = copy.order().indexes(in.schema());
    for (int i = 0; i < in.size() && broken.isEmpty(); i++) {
      if (!copy.isBefore(in.xid(i))) {
        row(i);
      }
    }
    if (out.size() > 0) {
      kept.add(out);
    }
  }

  private void row(int i) {
    boolean whole = in.op(i) == Op.TRUNCATE || KeyOrder.isWhole(in.columns(), key, i);
    boolean oldWhole = in.beforeKind(i) == Before.NONE || KeyOrder.isWhole(in.before(), key, i);
    if (!whole || !oldWhole) {
      broken = Optional.of(new Broken("a change came without a key that can be compared", true));
    } else if (in.op(i) == Op.TRUNCATE) {
      truncate(i);
    } else {
      KeyRange range = copy.find(in.columns(), key, i);
      KeyRange old = in.beforeKind(i) == Before.NONE ? range : copy.find(in.before(), key, i);
      if (range == old) {
        place(i, range, Part.WHOLE);
      } else {
        move(i, old, range);
      }
    }
  }

  /** What of a change goes to a range. */
  private enum Part {
    WHOLE,
    OLD_KEY,
    NEW_ROW
  }

  private void place(int i, KeyRange range, Part part) {
    switch (range.stage) {
      case UNREAD -> range.mustSee.add(in.xid(i));
      case PENDING -> park(i, range, part);
      case READ -> {
        if (!range.seen.sees(in.xid(i))) {
          append(out, i, part);
        }
      }
      case SETTLED -> append(out, i, part);
    }
  }

  private void park(int i, KeyRange range, Part part) {
    ChangeBatch last = range.parked.isEmpty() ? null : range.parked.get(range.parked.size() - 1);
    if (last == null || !last.schema().equals(in.schema())) {
      last = new ChangeBatch(in.schema());
      range.parked.add(last);
    }
    append(last, i, part);
    if (last.size() % 256 == 0) {
      range.parkedBytes = range.parked.stream().mapToLong(ChangeBatch::bytes).sum();
      if (range.parkedBytes > PARKED_BYTES) {
        giveUp(range);
      }
    }
  }

  /** A range is read again later, since what waits for it cannot wait. */
  private void giveUp(KeyRange range) {
    again.addAll(copy.giveUp(range));
  }

  /** The key of a row moves from one range to another. */
  private void move(int i, KeyRange from, KeyRange to) {
    boolean partial = isPartial(i);
    if (partial && to.stage == Stage.PENDING) {
      // the row comes whole when the range is read after this
      giveUp(to);
    }
    boolean wanted = counts(i, to);
    boolean whole = counts(i, from) && from.stage != Stage.PENDING;
    if (wanted && whole && to.stage != Stage.PENDING) {
      append(out, i, Part.WHOLE);
      return;
    }
    if (wanted && partial) {
      broken =
          Optional.of(
              new Broken(
                  "an update of a key moved a row with an unchanged large value to where it is not"
                      + " held",
                  true));
      return;
    }
    place(i, from, Part.OLD_KEY);
    place(i, to, Part.NEW_ROW);
  }

  /** Whether a change counts in a range, now or when it has been read. */
  private boolean counts(int i, KeyRange range) {
    return switch (range.stage) {
      case UNREAD -> false;
      case PENDING, SETTLED -> true;
      case READ -> !range.seen.sees(in.xid(i));
    };
  }

  private boolean isPartial(int i) {
    for (ColumnData column : in.columns()) {
      if (column.isUnchanged(i)) {
        return true;
      }
    }
    return false;
  }

  private void append(ChangeBatch to, int i, Part part) {
    if (part == Part.WHOLE) {
      to.addFrom(in, i);
      return;
    }
    boolean old = part == Part.OLD_KEY;
    to.addRow(
        old ? Op.DELETE : Op.CREATE, in.commitLsn(i), in.ordinal(i), in.xid(i), in.committedAt(i));
    if (in.leaf(i) != null) {
      to.leaf(in.leaf(i));
    }
    List<ColumnData> from = old ? in.before() : in.columns();
    TableSchema schema = in.schema();
    for (int c = 0; c < schema.columns().size(); c++) {
      to.columns().get(c).addFrom(from.get(c), i);
    }
  }

  /** A TRUNCATE holds for the table, and a chunk read after it is stamped before it. */
  private void truncate(int i) {
    for (KeyRange range : List.copyOf(copy.ranges())) {
      if (range.stage == Stage.PENDING) {
        giveUp(range);
      }
    }
    boolean any = false;
    boolean all = true;
    for (KeyRange range : copy.ranges()) {
      boolean read = range.stage == Stage.READ || range.stage == Stage.SETTLED;
      boolean undone = read && counts(i, range);
      any |= undone;
      all &= undone;
    }
    if (all) {
      append(out, i, Part.WHOLE);
    } else if (any) {
      broken = Optional.of(new Broken("it was truncated while it was copied", false));
    } else {
      copy.ranges().stream()
          .filter(range -> range.stage == Stage.UNREAD)
          .forEach(range -> range.mustSee.add(in.xid(i)));
    }
  }
}
