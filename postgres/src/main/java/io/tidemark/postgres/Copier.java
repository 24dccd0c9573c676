package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.ExportedSlot;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.snapshot.CopyJob;
import io.tidemark.postgres.snapshot.CopyRound;
import io.tidemark.postgres.snapshot.CopyStamp;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
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
  private static final Duration SLOT_WAIT = Duration.ofMinutes(10);
  private static final long LOOK_MILLIS = 500;
  private static final long AFTER_LOSS_MILLIS = 2_000;

  private final PostgresConfig config;
  private final Connector connector;
  private final CatalogSession session;
  private final TypeBook types;
  private final Forms forms;
  private final TableBook book;
  private final CopyBook copies;
  private final LeafBook leaves;
  private final CopyChoice choice;
  private final CopyPlans plans;
  private final EventQueue queue;
  private final Problems problems;
  private volatile boolean closed;
  private volatile CopyRound round;
  private volatile long heldSince;
  private volatile Consumer<SnapshotHolder> taken = holder -> {};
  private volatile Optional<Prepared> first = Optional.empty();
  private volatile Optional<ReadingHold> hold = Optional.empty();

  /** A round that can be run. */
  record Prepared(SnapshotHolder holder, List<CopyJob> jobs) {}

  Copier(
      PostgresConfig config,
      Connector connector,
      CatalogSession session,
      TypeBook types,
      TableBook book,
      EventQueue queue,
      Problems problems) {
    this.config = config;
    this.connector = connector;
    this.session = session;
    this.types = types;
    this.forms = new Forms(types);
    this.book = book;
    this.copies = new CopyBook(book);
    this.leaves = new LeafBook(book);
    this.choice = new CopyChoice(config, session, book, types);
    this.plans = new CopyPlans(config, types);
    this.queue = queue;
    this.problems = problems;
  }

  /** Has somebody told of each snapshot of a later round, before anything is read under it. */
  void whenTaken(Consumer<SnapshotHolder> listener) {
    taken = listener;
  }

  /** The round with which {@link #run} begins. */
  void first(Prepared prepared) {
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
        if (waiting().isEmpty() && waitingForLeaves().isEmpty()) {
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

  private TableJob.Round shared() {
    boolean streams = config.snapshot().mode() != PostgresConfig.SnapshotMode.ONLY;
    return new TableJob.Round(book, queue, session, streams, () -> closed);
  }

  private List<TrackedTable> waiting() {
    synchronized (book) {
      return book.all().stream()
          .filter(
              table ->
                  table.state.phase() == Phase.WAITING
                      && table.published != null
                      && table.choice == TrackedTable.CopyForm.SNAPSHOT)
          .toList();
    }
  }

  private List<TrackedTable> waitingForLeaves() {
    synchronized (book) {
      return book.all().stream()
          .filter(table -> table.follows() && !table.leavesWaiting.isEmpty())
          .toList();
    }
  }

  private void oneRound() throws InterruptedException {
    try {
      if (config.snapshot().mode() == PostgresConfig.SnapshotMode.NEVER) {
        CatalogSession.Present present = session.look();
        follow(present, waiting(), present.walEnd());
      } else {
        copy(prepareHeld());
      }
      problems.clear(MATTER);
    } catch (SQLException e) {
      problems.say(
          MATTER, "The copy of tables was interrupted (" + e.getMessage() + "); retrying.");
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.SOURCE_UNREACHABLE && e.code() != ErrorCode.SOURCE_NOT_READY) {
        throw e;
      }
      problems.say(MATTER, e.getMessage());
    }
    if (!waiting().isEmpty() || !waitingForLeaves().isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(AFTER_LOSS_MILLIS);
    }
  }

  /**
   * The reader rests for as long as the snapshot is made, so that it does not leave out rows which
   * the snapshot has not; where the server waits for a long transaction it goes on, and what was
   * left out then makes for another round.
   */
  private Prepared prepareHeld() throws SQLException, InterruptedException {
    try (ReadingHold resting = new ReadingHold(queue.budget())) {
      hold = Optional.of(resting);
      return prepareAll(temporary());
    } finally {
      hold = Optional.empty();
    }
  }

  private void waits(String text) {
    problems.say(MATTER, text);
    hold.ifPresent(ReadingHold::close);
  }

  private Prepared prepareAll(SnapshotHolder holder) throws SQLException {
    List<CopyJob> jobs = new ArrayList<>();
    try {
      taken.accept(holder);
      List<TrackedTable> withLeaves = waitingForLeaves();
      jobs.addAll(prepare(holder, waiting()).jobs());
      for (TrackedTable table : withLeaves) {
        beginLeaves(holder, table).ifPresent(jobs::add);
      }
      return new Prepared(holder, jobs);
    } catch (SQLException | RuntimeException e) {
      breakOff(holder, jobs);
      throw e;
    }
  }

  /** What was begun waits again, and nothing is held. */
  private static void breakOff(SnapshotHolder holder, List<CopyJob> jobs) {
    holder.close();
    jobs.forEach(job -> job.lost("the connection was lost before the first row"));
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

  /** A snapshot from a slot of its own, whose place in the stream is exact. */
  SnapshotHolder temporary() throws SQLException, InterruptedException {
    String name =
        config.slot().substring(0, Math.min(48, config.slot().length()))
            + "_copy_"
            + Integer.toHexString(ThreadLocalRandom.current().nextInt());
    return holder(name, ExportedSlot.Kind.TEMPORARY);
  }

  /** Creates a slot and takes its snapshot over. */
  SnapshotHolder holder(String name, ExportedSlot.Kind kind)
      throws SQLException, InterruptedException {
    try (ExportedSlot slot = ExportedSlot.create(connector, name, kind, SLOT_WAIT, this::waits)) {
      return SnapshotHolder.take(connector, slot);
    } finally {
      problems.clear(MATTER);
    }
  }

  /** Decides in which form the tables are copied; gives those that need one snapshot. */
  List<TrackedTable> decided() throws SQLException {
    choice.decide();
    return waiting();
  }

  /**
   * Begins an attempt for each of the tables that the snapshot shows. Where that fails, what was
   * begun waits again and the snapshot is let go.
   */
  Prepared prepare(SnapshotHolder holder, List<TrackedTable> tables) throws SQLException {
    List<CopyJob> jobs = new ArrayList<>();
    try {
      Catalog catalog = session.lookUnder(holder.connection());
      for (TrackedTable table : tables) {
        try {
          begin(holder, catalog, table).ifPresent(jobs::add);
        } catch (TidemarkException e) {
          book.leave(table, Phase.FAILED, e.getMessage(), holder.point());
        }
      }
      book.note(PostgresSource.TYPES_NOTE, types.types().toJson());
      return new Prepared(holder, jobs);
    } catch (SQLException | RuntimeException e) {
      breakOff(holder, jobs);
      throw e;
    }
  }

  private Optional<CopyJob> begin(SnapshotHolder holder, Catalog catalog, TrackedTable table)
      throws SQLException {
    Published published = book.publishedAs(table);
    Optional<CatalogTable> found = catalog.table(table.name);
    if (published == null || found.isEmpty()) {
      return Optional.empty();
    }
    List<CopyPlans.Relation> relations = new ArrayList<>();
    for (CatalogTable leaf : catalog.leaves(found.get())) {
      relations.add(CopyPlans.under(holder.connection(), leaf));
    }
    synchronized (book) {
      boolean another = table.oid != 0 && table.oid != found.get().oid();
      // the stream may have come past the snapshot already
      if (another
          || table.hasChangesFrom(holder.point())
          || table.state.phase() != Phase.WAITING
          || !published.equals(table.published)) {
        // it changed while the snapshot was looked at: another round
        return Optional.empty();
      }
      int attempt =
          copies.begin(
              table,
              holder.point().value(),
              holder.takenAtMicros(),
              forms.of(found.get(), published, 1),
              TableLook.of(catalog, found.get()),
              rows(relations),
              table.remark);
      TableSchema schema = table.history.newest();
      return Optional.of(
          new TableJob(
              shared(),
              table,
              attempt,
              relations.stream()
                  .map(relation -> plans.of(schema, found.get(), relation, table))
                  .toList(),
              new CopyStamp(holder.point().value(), holder.takenAtMicros()),
              holder.point()));
    }
  }

  /** The planner's estimate, -1 where it has none for one of the relations. */
  private static long rows(List<CopyPlans.Relation> relations) {
    boolean known = relations.stream().allMatch(relation -> relation.table().rows() >= 0);
    return known ? relations.stream().mapToLong(relation -> relation.table().rows()).sum() : -1;
  }

  /** The copy of partitions that came with rows, while the table's other rows are followed. */
  private Optional<CopyJob> beginLeaves(SnapshotHolder holder, TrackedTable table)
      throws SQLException {
    Catalog catalog = session.lookUnder(holder.connection());
    Optional<CatalogTable> root = catalog.table(table.name);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    List<CopyPlans.Relation> relations = new ArrayList<>();
    for (CatalogTable leaf : catalog.leaves(root.get())) {
      if (book.isWaiting(table, leaf.oid())) {
        relations.add(CopyPlans.under(holder.connection(), leaf));
      }
    }
    CopyStamp stamp = new CopyStamp(holder.point().value(), holder.takenAtMicros());
    synchronized (book) {
      relations.removeIf(relation -> !book.isWaiting(table, relation.table().oid()));
      if (relations.isEmpty()
          || Long.compareUnsigned(table.missedInLeaves, holder.point().value()) >= 0
          || !table.follows()
          || table.published == null) {
        return Optional.empty();
      }
      TableSchema schema = table.history.newest();
      if (!Forms.same(schema, forms.of(root.get(), table.published, 1))) {
        return Optional.empty();
      }
      for (CopyPlans.Relation relation : relations) {
        leaves.begin(
            table,
            relation.table().oid(),
            holder.point().value(),
            stamp.fork().nextOrdinal(),
            holder.takenAtMicros());
      }
      return Optional.of(
          new LeafJob(
              shared(),
              leaves,
              table,
              table.state.attempt(),
              relations.stream()
                  .map(relation -> plans.of(schema, root.get(), relation, table))
                  .toList(),
              stamp));
    }
  }

  private void copy(Prepared prepared) throws InterruptedException {
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
