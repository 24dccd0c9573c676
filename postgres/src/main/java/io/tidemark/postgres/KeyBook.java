package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.snapshot.KeyCopy;
import io.tidemark.postgres.snapshot.KeyOrder;
import io.tidemark.postgres.snapshot.KeyOrder.Bound;
import io.tidemark.postgres.snapshot.KeyRange;
import io.tidemark.postgres.snapshot.KeySieve;
import io.tidemark.postgres.snapshot.XidSet;
import java.util.List;
import java.util.Optional;

/** The steps of copies in key ranges. They are taken under the book's monitor. */
final class KeyBook {
  private static final String PROMOTED =
      "a standby was promoted while the table was copied; it is copied again";

  private final TableBook book;
  private final CopyBook copies;
  private final TypeBook types;
  private int timeline;

  /**
   * @param timeline on which the copy stands
   */
  KeyBook(TableBook book, TypeBook types, int timeline) {
    this.book = book;
    this.copies = new CopyBook(book);
    this.types = types;
    this.timeline = timeline;
  }

  /** A copy attempt begins; the ledger stands in the same commit as the row that begins it. */
  int begin(
      TrackedTable table,
      KeyCopy.Start start,
      TableSchema form,
      TableLook look,
      long rowsExpected,
      String print) {
    synchronized (book) {
      int attempt =
          copies.begin(
              table,
              start.point().value(),
              start.takenAtMicros(),
              form,
              look,
              rowsExpected,
              Optional.empty());
      table.keys = new KeyCopy(new KeyOrder(table.history.newest(), types), attempt, start, print);
      noteLedger(table);
      return attempt;
    }
  }

  /**
   * Takes in what the copy knows of an attempt that was broken off. Where that is of no use, the
   * attempt begins again: also one that has read everything needs to know what its ranges saw.
   */
  void restore(TrackedTable table, String ledger, Lsn tidemark) {
    synchronized (book) {
      try {
        KeyCopy keys = KeyCopy.restore(new KeyOrder(table.history.newest(), types), ledger);
        if (keys.attempt() == table.state.attempt()) {
          table.keys = keys;
          table.choice = TrackedTable.CopyForm.KEYS;
        }
      } catch (IllegalArgumentException e) {
        // its words may hold keys: the reason below has to do
        table.keys = null;
      }
      if (table.keys == null) {
        book.forget(key(table.name));
        book.again(table, "what was noted of its copy is of no use; it is copied again", tidemark);
      }
    }
  }

  /**
   * The server's timeline may be another one since the connection was lost. Copies whose snapshots
   * may never have happened there begin again, also those under one snapshot.
   *
   * @param at a position that the stream has passed, and that both timelines have
   */
  void moveTo(int now, Lsn at) {
    synchronized (book) {
      boolean other = now != timeline;
      timeline = now;
      for (TrackedTable table : book.all()) {
        boolean holds = !other || !table.isCopiedAbove(at);
        if (table.keys != null) {
          table.keys.passed(at.value());
          holds = table.keys.moveTo(now);
        }
        if (!holds) {
          book.again(table, PROMOTED, at);
        }
      }
    }
  }

  /**
   * A table that is to be copied in key ranges, or whose copy is to go on.
   *
   * @param last the one that was given last: the others come before it, so that one which cannot be
   *     copied for now keeps none from it
   */
  Optional<TrackedTable> next(Optional<TableName> last) {
    synchronized (book) {
      List<TrackedTable> ready =
          book.all().stream()
              .filter(
                  table -> table.choice == TrackedTable.CopyForm.KEYS && table.published != null)
              .filter(
                  table ->
                      table.state.phase() == Phase.WAITING
                          || table.state.phase() == Phase.COPYING && table.keys != null)
              .toList();
      return ready.stream()
          .filter(table -> last.isPresent() && table.name.compareTo(last.get()) > 0)
          .findFirst()
          .or(() -> ready.stream().findFirst());
    }
  }

  /** Reading goes on; gives the attempt's copy, or nothing where it is over. */
  Optional<KeyCopy> goOn(TrackedTable table, KeyCopy.Start start) {
    synchronized (book) {
      if (table.state.phase() != Phase.COPYING || table.keys == null) {
        return Optional.empty();
      }
      table.keys.goOn(start);
      return Optional.of(table.keys);
    }
  }

  boolean isCopying(TrackedTable table, int attempt) {
    synchronized (book) {
      return table.isCopying(attempt) && table.keys != null;
    }
  }

  Optional<KeyRange> unread(TrackedTable table, int attempt) {
    synchronized (book) {
      return isCopying(table, attempt) ? table.keys.unread() : Optional.empty();
    }
  }

  boolean isRead(TrackedTable table, int attempt) {
    synchronized (book) {
      return isCopying(table, attempt) && table.keys.isRead();
    }
  }

  Optional<KeyRange> begin(TrackedTable table, int attempt, KeyRange range, Optional<Bound> upTo) {
    synchronized (book) {
      return isCopying(table, attempt)
          ? Optional.of(table.keys.begin(range, upTo))
          : Optional.empty();
    }
  }

  boolean isPending(TrackedTable table, int attempt, KeyRange range) {
    synchronized (book) {
      return isCopying(table, attempt) && table.keys.isPending(range);
    }
  }

  /** Whether a range may be read with a snapshot. */
  boolean mayRead(TrackedTable table, int attempt, KeyRange range, XidSet seen) {
    synchronized (book) {
      return isPending(table, attempt, range) && table.keys.mayRead(range, seen);
    }
  }

  /**
   * Gives the rows of a range, the ledger that says so, and the changes that waited.
   *
   * @return whether they were still wanted
   */
  boolean finish(
      TrackedTable table,
      int attempt,
      KeyRange range,
      XidSet seen,
      Lsn seenBelow,
      List<ChangeBatch> rows) {
    synchronized (book) {
      if (!isPending(table, attempt, range)) {
        return false;
      }
      rows.forEach(batch -> copies.copied(table, attempt, batch));
      sift(table, table.keys.finish(range, seen, seenBelow.value()));
      if (table.keys != null) {
        noteLedger(table);
      }
      return true;
    }
  }

  /** A range could not be read; somebody reads it again. */
  void giveUp(TrackedTable table, int attempt, KeyRange range) {
    synchronized (book) {
      if (isPending(table, attempt, range)) {
        sift(table, table.keys.giveUp(range));
      }
    }
  }

  /** Gives the changes that count beside what was read. */
  private void sift(TrackedTable table, List<ChangeBatch> waited) {
    KeySieve sieve = new KeySieve(table.keys);
    List<ChangeBatch> kept = sieve.sift(waited);
    book.give(table, kept, sieve.broken());
  }

  private void noteLedger(TrackedTable table) {
    book.note(key(table.name), table.keys.ledger());
  }

  /** Key of the note that holds a table's ledger. */
  static String key(TableName table) {
    return "keys/" + table;
  }
}
