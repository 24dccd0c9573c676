package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Partitions that come and go beside the stream. Steps are taken under the book's monitor. */
final class LeafBook {
  /** The highest that a change may have. */
  static final long LAST_ORDINAL = (1L << 62) - 1;

  private final TableBook book;

  LeafBook(TableBook book) {
    this.book = book;
  }

  /** Partitions came with rows of their own; until they are copied the table is no member. */
  void came(TrackedTable table, Map<Integer, TableName> leaves, Lsn at) {
    synchronized (book) {
      if (leaves.isEmpty()) {
        return;
      }
      table.leavesWaiting.putAll(leaves);
      table.memberAt = 0;
      book.step(
          table,
          table.state.out(Phase.CATCHING_UP, "partitions were attached: " + leaves.values(), at));
      book.note(table);
    }
  }

  /** A partition came without a row: all that it will ever have comes in the stream. */
  void cameEmpty(TrackedTable table, int oid, TableName leaf) {
    synchronized (book) {
      table.look = table.look.with(oid, leaf);
      book.relationsChanged(table);
      book.note(table);
    }
  }

  /** What becomes of the rows of a partition that is none any more. */
  enum Rows {
    DELETED,
    KEPT;

    static Rows by(PostgresConfig.PartitionDrop policy) {
      return policy == PostgresConfig.PartitionDrop.DELETE ? DELETED : KEPT;
    }
  }

  /**
   * A partition is none any more, without a message of the stream.
   *
   * @param next what the table is known to have from now on
   * @param at a position that the stream has passed and at which it was none
   */
  void went(TrackedTable table, int oid, Rows rows, TableLook next, Lsn at) {
    synchronized (book) {
      TableLook.Leaf leaf = table.look.leaves().get(oid);
      boolean unfinished = table.leavesCopying.remove(oid) != null;
      table.look = table.look.without(oid);
      table.leafFloors.remove(oid);
      if (unfinished || rows == Rows.DELETED) {
        delete(table, leaf.name(), at);
        if (!next.hasLeaf(leaf.name())) {
          table.leavesGone.put(leaf.name().toString(), book.lastBoundary());
        }
      }
      book.relationsChanged(table);
      settle(table, at);
      book.note(table);
    }
  }

  /** Partitions that waited for their copy are gone again. */
  void vanished(TrackedTable table, TableLook now, Lsn at) {
    synchronized (book) {
      Map<Integer, TableName> gone = new HashMap<>(table.leavesWaiting);
      gone.keySet().removeAll(now.leaves().keySet());
      if (gone.isEmpty()) {
        return;
      }
      table.leavesWaiting.keySet().removeAll(gone.keySet());
      // an earlier run may have copied a part of them
      gone.values().forEach(name -> delete(table, name, at));
      settle(table, at);
      book.note(table);
    }
  }

  /** Above every row of it that was given: also of a transaction that is being given. */
  private void delete(TrackedTable table, TableName leaf, Lsn at) {
    long below = at.value() - 1;
    book.truncate(
        table.history.newest(),
        Optional.of(leaf.toString()),
        Long.compareUnsigned(below, table.lastCommitLsn) < 0 ? table.lastCommitLsn : below,
        // keeps two of them apart
        LAST_ORDINAL - Math.abs((long) leaf.hashCode()),
        System.currentTimeMillis() * 1000);
  }

  /** Where no partition is left to be copied, the table can become a member. */
  private static void settle(TrackedTable table, Lsn at) {
    if (table.state.phase() == Phase.CATCHING_UP && table.memberAt == 0 && !table.lacksLeaves()) {
      table.memberAt = at.value();
    }
  }

  /**
   * The copy of a partition begins, under the name by which it is known.
   *
   * @param ordinal below those of all its rows
   */
  void begin(TrackedTable table, int oid, long point, long ordinal, long micros) {
    synchronized (book) {
      TableName leaf = table.leavesWaiting.remove(oid);
      table.leavesCopying.put(oid, leaf);
      table.leafFloors.put(oid, point);
      table.leavesGone.remove(leaf.toString());
      if (table.look != null) {
        // from here on a look without the leaf means that it went
        table.look = table.look.with(oid, leaf);
      }
      book.relationsChanged(table);
      book.truncate(
          table.history.newest(), Optional.of(leaf.toString()), point - 1, ordinal, micros);
      book.note(table);
    }
  }

  /** Rows of a partition that is copied by itself. */
  void copied(TrackedTable table, int attempt, ChangeBatch batch) {
    synchronized (book) {
      if (isCopying(table, attempt)) {
        book.put(batch);
      }
    }
  }

  boolean isCopying(TrackedTable table, int attempt) {
    synchronized (book) {
      return table.state.phase() == Phase.CATCHING_UP
          && table.state.attempt() == attempt
          && !table.leavesCopying.isEmpty();
    }
  }

  /** The copies of partitions are complete; with the last one the table can become a member. */
  void ended(TrackedTable table, int attempt, Collection<Integer> leaves, Lsn mark) {
    synchronized (book) {
      if (isCopying(table, attempt)) {
        table.leavesCopying.keySet().removeAll(leaves);
        settle(table, mark);
        book.note(table);
      }
    }
  }
}
