package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import java.util.Optional;

/** The steps of a table's copy, of either form. They are taken under the book's monitor. */
final class CopyBook {
  private final TableBook book;

  CopyBook(TableBook book) {
    this.book = book;
  }

  /**
   * A copy attempt begins: from here on nothing older of the table counts.
   *
   * @param point position of the snapshot
   * @param form the table under the snapshot; its number is put right here
   * @param remark what its user should know of the copy
   * @return number of the attempt
   */
  int begin(
      TrackedTable table,
      long point,
      long takenAtMicros,
      TableSchema form,
      TableLook look,
      long rowsExpected,
      Optional<String> remark) {
    synchronized (book) {
      TableSchema schema = table.version(form, point);
      table.floor = point;
      table.memberAt = 0;
      table.pending = Optional.empty();
      table.rowsTold = 0;
      table.unsettledAt = 0;
      table.leafFloors.clear();
      table.forgetLeaves();
      take(table, form, look, schema.version());
      int attempt = table.state.attempt() + 1;
      book.step(
          table, new TableState(Phase.COPYING, attempt, remark, 0, rowsExpected, new Lsn(point)));
      book.note(table);
      book.truncate(schema, Optional.empty(), point - 1, 0, takenAtMicros);
      return attempt;
    }
  }

  private void take(TrackedTable table, TableSchema form, TableLook look, int version) {
    book.describe(table, form.relationOid(), table.published, look);
    book.changed();
    book.announce(table, version);
  }

  /** Rows of a copy; they are dropped where the attempt does not run any more. */
  void copied(TrackedTable table, int attempt, ChangeBatch batch) {
    synchronized (book) {
      if (table.isCopying(attempt)) {
        TableState state = table.state;
        table.state =
            new TableState(
                state.phase(),
                attempt,
                state.reason(),
                state.rowsCopied() + batch.size(),
                state.rowsExpected(),
                state.since());
        book.put(batch);
      }
    }
  }

  /** Tells how far the running copies are, where they have come on since. */
  void tellProgress() {
    synchronized (book) {
      for (TrackedTable table : book.all()) {
        if (table.state.phase() == Phase.COPYING && table.state.rowsCopied() > table.rowsTold) {
          table.rowsTold = table.state.rowsCopied();
          book.step(table, table.state);
        }
      }
    }
  }

  /** Whether a copy attempt with a number is the one that is running. */
  boolean isCopying(TrackedTable table, int attempt) {
    synchronized (book) {
      return table.isCopying(attempt);
    }
  }

  /**
   * All rows of a copy have been given.
   *
   * @param mark a position of the log taken after the last of them was read
   */
  void ended(TrackedTable table, int attempt, Lsn mark) {
    synchronized (book) {
      if (table.isCopying(attempt)) {
        table.memberAt = mark.value();
        book.step(table, table.state.in(Phase.CATCHING_UP, table.state.since()));
      }
    }
  }

  /** A table whose rows are never copied: only its changes count, from a position on. */
  void follow(
      TrackedTable table, TableSchema form, TableLook look, Lsn from, Optional<String> reason) {
    synchronized (book) {
      TableSchema schema = table.version(form, from.value());
      table.floor = from.value();
      take(table, form, look, schema.version());
      book.step(table, new TableState(Phase.MEMBER, table.state.attempt(), reason, 0, -1, from));
      book.note(table);
    }
  }
}
