package io.tidemark.snowflake;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import java.util.Set;
import java.util.TreeSet;

/** What is known of rows without looking at them again. Grows; one thread. */
final class Facts {
  /**
   * Which kinds of rows there may be.
   *
   * @param snapshot rows of a snapshot, and what begins an attempt of the whole table
   * @param stream anything else
   * @param truncates of either
   * @param ending updates and deletes
   * @param unchanged values that the log left out
   * @param raws attribute numbers of columns with values that their type cannot hold
   */
  record Kinds(
      boolean snapshot,
      boolean stream,
      boolean truncates,
      boolean ending,
      boolean unchanged,
      Set<Integer> raws) {
    static final Kinds NONE = new Kinds(false, false, false, false, false, Set.of());

    Kinds {
      raws = Set.copyOf(raws);
    }

    Kinds and(Kinds other) {
      TreeSet<Integer> both = new TreeSet<>(raws);
      both.addAll(other.raws);
      return new Kinds(
          snapshot || other.snapshot,
          stream || other.stream,
          truncates || other.truncates,
          ending || other.ending,
          unchanged || other.unchanged,
          both);
    }

    /** The same of rows of which some may have been removed. */
    Kinds withoutSnapshot() {
      return new Kinds(false, stream, truncates, ending, unchanged, raws);
    }
  }

  private boolean snapshot;
  private boolean stream;
  private boolean truncates;
  private boolean ending;
  private boolean unchanged;
  private final Set<Integer> raws = new TreeSet<>();

  void raw(int attnum) {
    raws.add(attnum);
  }

  /**
   * Takes note of a row.
   *
   * @param moved whether it has another key than before
   */
  void note(ChangeBatch batch, int i, boolean moved) {
    Op op = batch.op(i);
    boolean ofSnapshot = WireRows.isOfSnapshot(batch, i);
    snapshot |= ofSnapshot;
    stream |= !ofSnapshot;
    truncates |= op == Op.TRUNCATE;
    ending |= op == Op.UPDATE || op == Op.DELETE || moved;
    for (ColumnData column : batch.columns()) {
      unchanged |= column.isUnchanged(i);
    }
  }

  Kinds kinds() {
    return new Kinds(snapshot, stream, truncates, ending, unchanged, raws);
  }
}
