package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import java.util.Map;
import java.util.Optional;

/** Partitions that come and go beside the stream. Steps are taken under the book's monitor. */
final class LeafBook {
  private final TableBook book;

  LeafBook(TableBook book) {
    this.book = book;
  }

  /** Partitions came with rows of their own; until they are copied the table is no member. */
  void came(TrackedTable table, Map<Integer, TableName> leaves, Lsn at) {
    synchronized (book) {
      if (leaves.isEmpty() || table.leavesWaiting.equals(leaves)) {
        return;
      }
      table.leavesWaiting.putAll(leaves);
      table.memberAt = 0;
      book.step(
          table,
          table.state.out(Phase.CATCHING_UP, "partitions were attached: " + leaves.values(), at));
    }
  }

  /** Rows of a partition are gone, without a message of the stream. Said once. */
  void went(TrackedTable table, int oid, TableName leaf, Lsn at, long micros) {
    synchronized (book) {
      // no commit record lies at an odd position; the leaf keeps two of them apart
      book.truncate(
          table.history.newest(),
          Optional.of(leaf.toString()),
          at.value() - 1,
          Long.MAX_VALUE - Math.abs((long) leaf.hashCode()),
          micros);
      Optional<TrackedTable.Pending> pending = table.pending;
      book.understood(table, table.look.without(oid));
      table.pending = pending;
    }
  }

  /**
   * The copy of a partition begins.
   *
   * @param ordinal below those of all its rows
   */
  void begin(TrackedTable table, int oid, TableName leaf, long point, long ordinal, long micros) {
    synchronized (book) {
      table.leavesWaiting.remove(oid);
      table.leavesCopying++;
      table.leafFloors.put(oid, point);
      if (table.look != null) {
        // from here on a look without the leaf means that it went
        table.look = table.look.with(oid, leaf);
      }
      book.relationsChanged(table);
      book.truncate(
          table.history.newest(), Optional.of(leaf.toString()), point - 1, ordinal, micros);
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
          && table.leavesCopying > 0;
    }
  }

  /** A partition's copy is complete; with the last one the table can become a member. */
  void ended(TrackedTable table, int attempt, Lsn mark) {
    synchronized (book) {
      if (isCopying(table, attempt)) {
        table.leavesCopying--;
        if (table.leavesCopying == 0 && table.leavesWaiting.isEmpty()) {
          table.memberAt = mark.value();
        }
      }
    }
  }
}
