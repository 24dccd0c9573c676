package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.snapshot.AttemptLostException;
import io.tidemark.postgres.snapshot.CopyFailure;
import io.tidemark.postgres.snapshot.CopyPlan;
import io.tidemark.postgres.snapshot.KeyCopy;
import io.tidemark.postgres.snapshot.KeyOrder.Bound;
import io.tidemark.postgres.snapshot.KeyRange;
import io.tidemark.postgres.snapshot.KeyReader;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Reads what is left of one table, range by range, with several readers. A range counts whole or
 * not at all; ends when all are read, when the attempt is over, or when connections were lost.
 */
final class KeyRound {
  /** What a range should take, in bytes of the table. */
  static final long RANGE_BYTES = 16 << 20;

  /** What a range may take in memory; one with more is read again in smaller parts. */
  private static final long MOST_BYTES = 3 * RANGE_BYTES;

  private static final long RETRY_MILLIS = 20;
  private static final long TOLD_AFTER_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final Connector connector;
  private final TableBook book;
  private final KeyBook keys;
  private final Definitions definitions;
  private final EventQueue queue;
  private final Target target;
  private final Consumer<String> waiting;
  private final AtomicLong rows;
  private final Object cutting = new Object();
  private final List<KeyReader> readers = new ArrayList<>();
  private volatile boolean aborted;

  /**
   * What is read.
   *
   * @param rows that a range should have
   */
  record Target(TrackedTable table, KeyCopy copy, CopyPlan plan, long maxRowBytes, long rows) {
    int attempt() {
      return copy.attempt();
    }
  }

  /**
   * @param waiting told what the copy waits for
   */
  KeyRound(
      Connector connector,
      TableBook book,
      KeyBook keys,
      Definitions definitions,
      EventQueue queue,
      Target target,
      Consumer<String> waiting) {
    this.connector = connector;
    this.book = book;
    this.keys = keys;
    this.definitions = definitions;
    this.queue = queue;
    this.target = target;
    this.waiting = waiting;
    this.rows = new AtomicLong(target.rows());
  }

  /** Reads until nothing is left, or nothing can be read. */
  void run(int threads) throws InterruptedException {
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(this::work, "tidemark-key-copy-" + i);
      thread.setDaemon(true);
      thread.start();
      running.add(thread);
    }
    try {
      for (Thread thread : running) {
        thread.join();
      }
    } catch (InterruptedException e) {
      abort();
      throw e;
    }
  }

  /** Breaks off all readers. */
  void abort() {
    aborted = true;
    synchronized (readers) {
      readers.forEach(KeyReader::abort);
    }
  }

  private boolean isWanted() {
    return !aborted && !queue.isClosed() && keys.isCopying(target.table(), target.attempt());
  }

  private void work() {
    try (KeyReader reader =
        new KeyReader(connector, target.plan(), target.copy().order(), target.maxRowBytes())) {
      synchronized (readers) {
        readers.add(reader);
      }
      while (isWanted() && !keys.isRead(target.table(), target.attempt())) {
        Optional<KeyRange> range = next(reader);
        if (range.isPresent()) {
          read(reader, range.get());
        } else {
          // others read what is left; it comes back when they cannot
          TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException | RuntimeException | OutOfMemoryError e) {
      took(CopyFailure.of(e, target.table().name));
    }
  }

  /** Takes the next range for this reader. */
  private Optional<KeyRange> next(KeyReader reader) throws SQLException {
    synchronized (cutting) {
      Optional<KeyRange> unread = keys.unread(target.table(), target.attempt());
      if (unread.isEmpty()) {
        return Optional.empty();
      }
      try {
        Optional<Bound> end = reader.cut(unread.get(), rows.get());
        return keys.begin(target.table(), target.attempt(), unread.get(), end);
      } catch (IllegalArgumentException e) {
        // an infinity, for instance
        synchronized (book) {
          target.table().notByKeys = Optional.of(e.getMessage());
          again(e.getMessage());
        }
        return Optional.empty();
      }
    }
  }

  private void read(KeyReader reader, KeyRange range) throws InterruptedException, SQLException {
    KeyReader.Rows taken = new KeyReader.Rows(MOST_BYTES, () -> isWanted(range));
    boolean done = false;
    try {
      Optional<KeyReader.Opened> opened = open(reader, range);
      if (opened.isPresent()) {
        reader.read(range, target.copy().stamp(), taken);
        Lsn seenBelow = reader.settle(CatalogSession.MESSAGE_PREFIX);
        for (ChangeBatch batch : taken.batches()) {
          Optional<String> unknown = definitions.before(batch);
          if (unknown.isPresent()) {
            throw new AttemptLostException(unknown.get());
          }
        }
        queue.awaitRoom();
        done =
            keys.finish(
                target.table(),
                target.attempt(),
                range,
                opened.get().seen(),
                seenBelow,
                taken.batches());
      }
    } catch (AttemptLostException e) {
      reader.leave();
      if (isWanted(range) && !taken.isFull()) {
        again(e.getMessage());
      }
    } finally {
      if (done) {
        rows.updateAndGet(now -> Math.min(target.rows(), now * 2));
      } else {
        rows.updateAndGet(now -> Math.max(1, now / 2));
        keys.giveUp(target.table(), target.attempt(), range);
      }
    }
  }

  private boolean isWanted(KeyRange range) {
    return isWanted() && keys.isPending(target.table(), target.attempt(), range);
  }

  /** Opens snapshots until one sees every transaction of which a change was dropped. */
  private Optional<KeyReader.Opened> open(KeyReader reader, KeyRange range)
      throws SQLException, InterruptedException, AttemptLostException {
    long since = System.nanoTime();
    while (true) {
      KeyReader.Opened opened = reader.open();
      if (opened.timeline() != target.copy().timeline()) {
        throw new AttemptLostException("a standby was promoted while the table was copied");
      }
      if (!isWanted(range)) {
        reader.leave();
        return Optional.empty();
      }
      if (keys.mayRead(target.table(), target.attempt(), range, opened.seen())) {
        return Optional.of(opened);
      }
      reader.leave();
      if (System.nanoTime() - since > TOLD_AFTER_NANOS) {
        waiting.accept(
            "The copy of table "
                + target.table().name
                + " waits for older transactions to end: "
                + reader.blocker());
        since = System.nanoTime();
      }
      TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
    }
  }

  private void took(CopyFailure failure) {
    synchronized (book) {
      if (aborted || !target.table().isCopying(target.attempt())) {
        return;
      }
      switch (failure.kind()) {
        case LOST -> again(failure.reason());
        case LASTING ->
            book.leave(
                target.table(), Phase.FAILED, failure.reason(), target.table().state.since());
        case BROKEN_OFF -> waiting.accept(failure.reason() + "; it goes on.");
      }
    }
  }

  private void again(String reason) {
    synchronized (book) {
      if (target.table().isCopying(target.attempt())) {
        book.again(
            target.table(), "The copy begins again: " + reason + ".", target.table().state.since());
      }
    }
  }
}
