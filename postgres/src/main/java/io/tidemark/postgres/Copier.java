package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.snapshot.CopyRound;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Copies the tables that wait for it, in rounds: each round is one snapshot, exported by a slot, so
 * that its place in the stream is exact. Tables that begin to wait in the meantime are the next
 * round's.
 */
final class Copier implements Runnable {
  private static final String MATTER = "copy";
  private static final String HELD = "hold";
  private static final long LOOK_MILLIS = 500;
  private static final long AFTER_LOSS_MILLIS = 2_000;

  private final PostgresConfig config;
  private final Connector connector;
  private final CatalogSession session;
  private final Forms forms;
  private final CopyBook copies;
  private final CopyChoice choice;
  private final Snapshots snapshots;
  private final RoundPreparation preparation;
  private final EventQueue queue;
  private final Problems problems;
  private volatile boolean closed;
  private volatile CopyRound round;
  private volatile long heldSince;
  private volatile Consumer<SnapshotHolder> taken = holder -> {};
  private volatile Optional<RoundPreparation.Prepared> first = Optional.empty();

  Copier(
      PostgresConfig config,
      Connector connector,
      CatalogSession session,
      TypeBook types,
      TableBook book,
      Definitions definitions,
      EventQueue queue,
      Problems problems) {
    this.config = config;
    this.connector = connector;
    this.session = session;
    this.forms = new Forms(types);
    this.copies = new CopyBook(book);
    this.choice = new CopyChoice(config, session, book, types);
    this.snapshots = new Snapshots(config.slot(), connector, queue.budget(), problems);
    this.preparation =
        new RoundPreparation(config, session, types, book, definitions, queue, () -> closed);
    this.queue = queue;
    this.problems = problems;
  }

  /** Where its snapshots come from. */
  Snapshots snapshots() {
    return snapshots;
  }

  /** What prepares its rounds. */
  RoundPreparation preparation() {
    return preparation;
  }

  /** Has somebody told of each snapshot of a later round, before anything is read under it. */
  void whenTaken(Consumer<SnapshotHolder> listener) {
    taken = listener;
  }

  /** The round with which {@link #run} begins. */
  void first(RoundPreparation.Prepared prepared) {
    first = Optional.of(prepared);
  }

  @Override
  public void run() {
    try {
      if (first.isPresent()) {
        copy(first.get());
      }
      while (!closed) {
        decide();
        if (preparation.waiting().isEmpty() && preparation.waitingForLeaves().isEmpty()) {
          TimeUnit.MILLISECONDS.sleep(config.rest(LOOK_MILLIS));
        } else {
          oneRound();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      queue.fail(
          e instanceof TidemarkException
              ? e
              : new TidemarkException(
                  ErrorCode.INTERNAL, "Cannot copy: " + e + ". Report this defect.", e));
    }
  }

  private void decide() {
    try {
      choice.decide();
    } catch (SQLException | TidemarkException e) {
      problems.say(
          MATTER, "The sizes of tables could not be read (" + e.getMessage() + "); retrying.");
    }
  }

  private void oneRound() throws InterruptedException {
    Optional<TrackedTable> below = Optional.empty();
    try {
      if (config.snapshot().mode() == PostgresConfig.SnapshotMode.NEVER) {
        CatalogSession.Present present = session.look();
        follow(present, preparation.waiting(), present.walEnd());
      } else {
        RoundPreparation.Prepared prepared = prepareHeld();
        copy(prepared);
        below = preparation.waitingAbove(prepared.holder().point());
      }
      below
          .map(TableBook::waitsForLog)
          .ifPresentOrElse(text -> problems.say(MATTER, text), () -> problems.clear(MATTER));
    } catch (SQLException e) {
      problems.say(
          MATTER, "The copy of tables was interrupted (" + e.getMessage() + "); retrying.");
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.SOURCE_UNREACHABLE && e.code() != ErrorCode.SOURCE_NOT_READY) {
        throw e;
      }
      problems.say(MATTER, e.getMessage());
    }
    if (!preparation.waiting().isEmpty() || !preparation.waitingForLeaves().isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(AFTER_LOSS_MILLIS);
    }
  }

  /** Gives the changes of tables from a position on, and copies nothing. */
  void follow(CatalogSession.Present present, List<TrackedTable> tables, Lsn from) {
    for (TrackedTable table : tables) {
      Optional<CatalogTable> found = present.catalog().table(table.name);
      if (found.isPresent() && table.published != null) {
        copies.follow(
            table,
            forms.of(found.get(), table.published, 1),
            TableLook.of(present.catalog(), found.get()),
            from,
            Optional.of("not copied: snapshot.mode is never"));
      }
    }
  }

  /** Decides in which form the tables are copied; gives those that need one snapshot. */
  List<TrackedTable> decided() throws SQLException {
    choice.decide();
    return preparation.waiting();
  }

  /**
   * The reader rests for as long as the snapshot is made, so that it does not leave out rows which
   * the snapshot has not; where the server waits for a long transaction it goes on, and what was
   * left out then makes for another round.
   */
  private RoundPreparation.Prepared prepareHeld() throws SQLException, InterruptedException {
    preparation.publishLeaves();
    try (ReadingHold resting = snapshots.rest()) {
      return preparation.all(snapshots.temporary(), taken);
    }
  }

  private void copy(RoundPreparation.Prepared prepared) throws InterruptedException {
    try (SnapshotHolder holder = prepared.holder()) {
      CopyRound running =
          new CopyRound(connector, holder, config.limits().maxRow(), prepared.jobs());
      round = running;
      heldSince = System.nanoTime();
      if (!closed) {
        running.run(config.snapshot().workers());
      }
    } finally {
      round = null;
      problems.clear(HELD);
    }
  }

  /** Says when a snapshot is held for longer than its owner wants. */
  void watchHold() {
    if (round != null && System.nanoTime() - heldSince > config.snapshot().maxHold().toNanos()) {
      problems.say(
          HELD,
          "The snapshot of the copy has been held for longer than snapshot.max-hold; vacuum cannot"
              + " clean up behind it until the copy ends.");
    }
  }

  void close() {
    closed = true;
    CopyRound running = round;
    if (running != null) {
      running.abort();
    }
  }
}
