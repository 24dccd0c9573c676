package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.snapshot.CopyPlan;
import io.tidemark.postgres.snapshot.KeyCopy;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Copies large tables in ranges of their key, one table after the other, with several readers. No
 * snapshot is held for longer than a range takes.
 */
final class KeyCopier implements Runnable {
  private static final String MATTER = "key-copy";
  private static final long LOOK_MILLIS = 300;
  private static final long AFTER_LOSS_MILLIS = 1_000;

  private final PostgresConfig config;
  private final Connector connector;
  private final CatalogSession session;
  private final TypeBook types;
  private final TableBook book;
  private final KeyBook keys;
  private final Definitions definitions;
  private final EventQueue queue;
  private final Problems problems;
  private volatile boolean closed;
  private volatile Optional<KeyRound> round = Optional.empty();

  KeyCopier(
      PostgresConfig config,
      Connector connector,
      CatalogSession session,
      TypeBook types,
      TableBook book,
      KeyBook keys,
      Definitions definitions,
      EventQueue queue,
      Problems problems) {
    this.config = config;
    this.connector = connector;
    this.session = session;
    this.types = types;
    this.book = book;
    this.keys = keys;
    this.definitions = definitions;
    this.queue = queue;
    this.problems = problems;
  }

  @Override
  public void run() {
    try {
      Optional<TableName> last = Optional.empty();
      while (!closed) {
        Optional<TrackedTable> next = keys.next(last);
        if (next.isEmpty()) {
          TimeUnit.MILLISECONDS.sleep(config.rest(LOOK_MILLIS));
        } else {
          last = Optional.of(next.get().name);
          copySafely(next.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      queue.fail(
          e instanceof TidemarkException
              ? e
              : new TidemarkException(
                  ErrorCode.INTERNAL,
                  "Cannot copy in key ranges: " + e + ". Report this defect.",
                  e));
    }
  }

  private void copySafely(TrackedTable table) throws InterruptedException {
    try {
      copy(table);
      problems.clear(MATTER);
    } catch (SQLException | TidemarkException e) {
      boolean heals =
          e instanceof SQLException
              || ((TidemarkException) e).code() == ErrorCode.SOURCE_UNREACHABLE
              || ((TidemarkException) e).code() == ErrorCode.SOURCE_NOT_READY;
      if (heals) {
        problems.say(
            MATTER,
            "The copy of table "
                + table.name
                + " was interrupted ("
                + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                + "); it goes on.");
        TimeUnit.MILLISECONDS.sleep(AFTER_LOSS_MILLIS);
      } else {
        book.leave(table, Phase.FAILED, e.getMessage(), Lsn.ZERO);
      }
    }
  }

  private void copy(TrackedTable table) throws SQLException, InterruptedException {
    if (session.isStandby()) {
      // a standby's snapshots take running transactions for finished ones
      synchronized (book) {
        table.notByKeys = Optional.of("the server is a standby");
        book.again(table, "The copy begins again: the server is a standby.", table.state.since());
      }
      return;
    }
    KeyCopy.Start start = session.start();
    String print = session.definition(table.oid);
    CatalogSession.Present present = session.look();
    Optional<CatalogTable> found = present.catalog().table(table.name);
    if (found.isEmpty() || found.get().oid() != table.oid) {
      // the watch will say what became of it
      TimeUnit.MILLISECONDS.sleep(config.rest(LOOK_MILLIS));
      return;
    }
    if (table.state.phase() == Phase.WAITING && !table.isAboveCopies(start.point())) {
      problems.say(MATTER, TableBook.waitsForLog(table));
      TimeUnit.MILLISECONDS.sleep(AFTER_LOSS_MILLIS);
      return;
    }
    if (table.state.phase() == Phase.WAITING) {
      begin(table, start, present, found.get(), print);
    }
    Optional<KeyCopy> copy = keys.goOn(table, start);
    if (copy.isEmpty()) {
      return;
    }
    CopyPlan plan;
    synchronized (book) {
      if (!table.isCopying(copy.get().attempt()) || table.published == null) {
        return;
      }
      plan =
          new CopyPlans(config, types)
              .of(
                  table.history.newest(),
                  found.get(),
                  new CopyPlans.Relation(found.get(), copy.get().print(), 0),
                  table);
    }
    KeyRound running =
        new KeyRound(
            connector,
            book,
            keys,
            definitions,
            queue,
            new KeyRound.Target(table, copy.get(), plan, config.limits().maxRow(), rows(table)),
            text -> problems.say(MATTER, text));
    round = Optional.of(running);
    try {
      if (!closed) {
        running.run(config.snapshot().workers());
      }
    } finally {
      round = Optional.empty();
    }
    if (keys.isRead(table, copy.get().attempt())) {
      new CopyBook(book).ended(table, copy.get().attempt(), session.mark("copied"));
    } else {
      TimeUnit.MILLISECONDS.sleep(AFTER_LOSS_MILLIS);
    }
  }

  private void begin(
      TrackedTable table,
      KeyCopy.Start start,
      CatalogSession.Present present,
      CatalogTable found,
      String print) {
    synchronized (book) {
      if (table.state.phase() == Phase.WAITING
          && table.published != null
          && (table.oid == 0 || table.oid == found.oid())
          && table.choice == TrackedTable.CopyForm.KEYS) {
        TableSchema form = new Forms(types).of(found, table.published, 1);
        keys.begin(table, start, form, TableLook.of(present.catalog(), found), found.rows(), print);
        book.note(PostgresSource.TYPES_NOTE, types.types().toJson());
      }
    }
  }

  /** Rows of one range: as many as make about 16 MiB. */
  private long rows(TrackedTable table) throws SQLException {
    if (config.snapshot().chunkRows().isPresent()) {
      return config.snapshot().chunkRows().get();
    }
    long bytes = session.sizes(List.of(table.oid)).getOrDefault(table.oid, 0L);
    long rows = table.state.rowsExpected();
    long width = rows > 0 ? Math.max(1, bytes / rows) : 320;
    return Math.max(1_000, Math.min(250_000, KeyRound.RANGE_BYTES / width));
  }

  void close() {
    closed = true;
    round.ifPresent(KeyRound::abort);
  }
}
