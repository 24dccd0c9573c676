package io.tidemark.postgres;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.postgres.slot.Anchor;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Where the stream is, and where copies may become visible. The reader thread tells what came;
 * {@link #tick}, {@link #cutAt}, {@link #want} and {@link #position} are for any thread. Guarded by
 * the book.
 */
final class Boundaries {
  /** An idle source is told at most this often: each telling is a commit in every destination. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final String slot;
  private final TableBook book;
  private final Anchors anchors;

  private Lsn last = Lsn.ZERO;
  private long lastMicros;
  private long lastNanos;
  private boolean given;
  private boolean committed;
  private Optional<Lsn> cut = Optional.empty();
  private Lsn wanted = Lsn.ZERO;

  /** The newest wish for a cut that nobody who holds the book has looked at. */
  private final AtomicReference<Lsn> asked = new AtomicReference<>();

  private volatile Lsn received = Lsn.ZERO;
  private volatile long lastCommitMicros;

  Boundaries(String slot, TableBook book, Anchors anchors) {
    this.slot = slot;
    this.book = book;
    this.anchors = anchors;
  }

  /** Says where the stream begins; the first boundary. */
  void startAt(Lsn start, long micros) {
    synchronized (book) {
      last = start;
      boundary(start, micros);
    }
  }

  /** The last boundary: where reading goes on after a lost connection. */
  Lsn position() {
    synchronized (book) {
      return last;
    }
  }

  /** Up to where the log was read. */
  Lsn received() {
    return received;
  }

  /** Commit time of the last transaction, microseconds since 1970 UTC; 0 before the first. */
  long lastCommitMicros() {
    return lastCommitMicros;
  }

  /** Forgets what was half given; the stream will be read again from the anchor or the position. */
  void restart() {
    synchronized (book) {
      given = false;
      committed = false;
      anchors.restart();
    }
  }

  private void boundary(Lsn end, long micros) {
    if (!book.hasNothingBeyond(end)) {
      // a transaction that was half given when the connection was lost has yet to come again
      return;
    }
    last = end;
    lastMicros = micros;
    lastNanos = System.nanoTime();
    given = false;
    committed = false;
    if (cut().filter(position -> !end.isBefore(position)).isPresent()) {
      cut = Optional.empty();
    }
    anchors.at(end).ifPresent(value -> book.note(Anchor.NOTE, value));
    book.boundary(Position.of(slot, end), end, micros);
  }

  /** Makes copied rows visible while the stream has nothing to say. */
  void tick() {
    synchronized (book) {
      if (!given && !last.equals(Lsn.ZERO) && book.isWaitingForBoundary()) {
        boundary(last, lastMicros);
      }
    }
  }

  /** Somebody waits for the stream to pass a position: an idle source tells it without delay. */
  void want(Lsn position) {
    synchronized (book) {
      if (wanted.isBefore(position)) {
        wanted = position;
      }
    }
  }

  /** Asks for a boundary at the last commit that ends at or below a position; never waits. */
  void cutAt(Lsn position) {
    asked.set(position);
  }

  /** Where a boundary is asked for; the book is held. */
  private Optional<Lsn> cut() {
    Lsn position = asked.getAndSet(null);
    if (position != null && last.isBefore(position)) {
      cut = Optional.of(position);
    }
    return cut;
  }

  /** Whether a boundary is asked for below a transaction. */
  boolean isBefore(Transaction next) {
    synchronized (book) {
      return cutBelow(next).isPresent();
    }
  }

  private Optional<Lsn> cutBelow(Transaction next) {
    return cut().filter(position -> Long.compareUnsigned(next.commitLsn(), position.value()) >= 0);
  }

  /** A transaction begins to be given. */
  void begin(Transaction transaction) {
    synchronized (book) {
      anchors.begin(transaction);
      Optional<Lsn> below = cutBelow(transaction);
      if (below.isPresent() && !committed) {
        boundary(below.get(), lastMicros);
      }
    }
  }

  /** Rows are given. */
  void given() {
    synchronized (book) {
      given = true;
    }
  }

  /** A transaction has been read to its end. */
  void commit(Transaction transaction) {
    synchronized (book) {
      anchors.commit(transaction, last);
      if (isKnown(transaction)) {
        return;
      }
      committed = true;
      received = new Lsn(transaction.endLsn());
      lastCommitMicros = transaction.committedAt();
    }
  }

  /** Everything up to a commit has been given. */
  void flushed(long endLsn, long committedAt) {
    synchronized (book) {
      if (last.isBefore(new Lsn(endLsn))) {
        boundary(new Lsn(endLsn), committedAt);
      }
    }
  }

  /** The server has come to a position, and no transaction is pending. */
  void keepAlive(long serverEnd, long serverMicros) {
    synchronized (book) {
      Lsn end = new Lsn(serverEnd);
      anchors.keepAlive(end, last);
      if (end.isBefore(last)) {
        return;
      }
      received = end;
      cut()
          .filter(position -> !end.isBefore(position))
          .ifPresent(position -> boundary(position, idleSince(serverMicros)));
      boolean due = System.nanoTime() - lastNanos >= IDLE_NANOS;
      boolean awaited =
          last.isBefore(wanted)
              || book.isWaitingForBoundary()
              || book.isCatchingUp()
              || anchors.isWaiting();
      if (last.isBefore(end) && (due || awaited)) {
        boundary(end, idleSince(serverMicros));
      }
    }
  }

  /** Whether somebody waits for the server to tell its position. */
  boolean isWaiting() {
    synchronized (book) {
      return cut().isPresent() || last.isBefore(wanted);
    }
  }

  /** By the server's clock, as the times of commits are; never before the last of them. */
  private long idleSince(long serverMicros) {
    return Math.max(lastMicros, serverMicros);
  }

  /** Whether the copy holds the transaction already: the log is read again from the anchor on. */
  boolean isKnown(Transaction transaction) {
    return Long.compareUnsigned(transaction.commitLsn(), last.value()) < 0;
  }
}
