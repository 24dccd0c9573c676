package io.tidemark.postgres;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.stream.StreamListener.Transaction;

/** Whether rows of a transaction count for a table. To be called under the book's monitor. */
final class Admission {
  private final PostgresConfig.SnapshotMode mode;
  private final TableBook book;
  private final Boundaries boundaries;
  private final Anchors anchors;

  Admission(
      PostgresConfig.SnapshotMode mode, TableBook book, Boundaries boundaries, Anchors anchors) {
    this.mode = mode;
    this.book = book;
    this.boundaries = boundaries;
    this.anchors = anchors;
  }

  /** The last boundary. */
  Lsn position() {
    return boundaries.position();
  }

  /** A transaction has rows. */
  void rows(Transaction transaction) {
    anchors.rows(transaction, boundaries.position());
  }

  /** Whether rows of a table of a name count. */
  boolean admits(TableName table, Transaction transaction) {
    return book.find(table).filter(found -> admits(found, transaction)).isPresent();
  }

  /** Whether rows of a table count; remembers of the others that there were some. */
  boolean admits(TrackedTable table, Transaction transaction) {
    if (!table.follows()) {
      table.miss(transaction.commitLsn());
    }
    return mode != PostgresConfig.SnapshotMode.ONLY
        && table.follows()
        && !boundaries.isKnown(transaction)
        && Long.compareUnsigned(transaction.commitLsn(), table.floor) >= 0;
  }
}
