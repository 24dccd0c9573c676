package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.ExportedSlot;
import io.tidemark.postgres.snapshot.CopyJob;
import io.tidemark.postgres.snapshot.CopyPlan;
import io.tidemark.postgres.snapshot.CopyRound;
import io.tidemark.postgres.snapshot.CopyStamp;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

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
  private final EventQueue queue;
  private final Problems problems;
  private volatile boolean closed;
  private volatile CopyRound round;
  private volatile long heldSince;
  private volatile Optional<Prepared> first = Optional.empty();

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
    this.queue = queue;
    this.problems = problems;
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
        if (waiting().isEmpty() && waitingForLeaves().isEmpty()) {
          TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
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

  private List<TrackedTable> waiting() {
    synchronized (book) {
      return book.all().stream()
          .filter(table -> table.state.phase() == Phase.WAITING && table.published != null)
          .toList();
    }
  }

  private List<TrackedTable> waitingForLeaves() {
    synchronized (book) {
      return book.all().stream().filter(table -> !table.leavesWaiting.isEmpty()).toList();
    }
  }

  private void oneRound() throws InterruptedException {
    try {
      SnapshotHolder holder = temporary();
      List<TrackedTable> leaves = waitingForLeaves();
      Prepared prepared = prepare(holder, waiting());
      List<CopyJob> jobs = new ArrayList<>(prepared.jobs());
      for (TrackedTable table : leaves) {
        beginLeaves(holder, table).ifPresent(jobs::add);
      }
      copy(new Prepared(holder, jobs));
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
    if (!waiting().isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(AFTER_LOSS_MILLIS);
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
    try (ExportedSlot slot =
        ExportedSlot.create(connector, name, kind, SLOT_WAIT, text -> problems.say(MATTER, text))) {
      return SnapshotHolder.take(connector, slot);
    } finally {
      problems.clear(MATTER);
    }
  }

  /** Begins an attempt for each of the tables that the snapshot shows. */
  Prepared prepare(SnapshotHolder holder, List<TrackedTable> tables) throws SQLException {
    Catalog catalog = session.lookUnder(holder.connection());
    List<CopyJob> jobs = new ArrayList<>();
    for (TrackedTable table : tables) {
      Optional<CatalogTable> found = catalog.table(table.name);
      if (found.isPresent()) {
        try {
          jobs.add(begin(holder, catalog, found.get(), table));
        } catch (TidemarkException e) {
          book.leave(table, Phase.FAILED, e.getMessage(), holder.point());
        }
      }
    }
    book.note(PostgresSource.TYPES_NOTE, types.types().toJson());
    return new Prepared(holder, jobs);
  }

  private CopyJob begin(
      SnapshotHolder holder, Catalog catalog, CatalogTable found, TrackedTable table)
      throws SQLException {
    List<CatalogTable> leaves = catalog.leaves(found);
    TableSchema form = forms.of(found, table.published, 1);
    long rows = 0;
    for (CatalogTable leaf : leaves) {
      rows = rows < 0 || leaf.rows() < 0 ? -1 : rows + leaf.rows();
    }
    List<Relation> relations = new ArrayList<>();
    for (CatalogTable leaf : leaves) {
      relations.add(relation(holder.connection(), leaf));
    }
    synchronized (book) {
      int attempt =
          book.begin(
              table,
              holder.point().value(),
              holder.takenAtMicros(),
              form,
              TableLook.of(catalog, found),
              rows);
      TableSchema schema = table.history.newest();
      List<CopyPlan> plans =
          relations.stream().map(relation -> plan(schema, found, relation, table)).toList();
      return new Job(
          table,
          attempt,
          plans,
          new CopyStamp(holder.point().value(), holder.takenAtMicros()),
          holder.point());
    }
  }

  /** The copy of partitions that came with rows, while the table's other rows are followed. */
  private Optional<CopyJob> beginLeaves(SnapshotHolder holder, TrackedTable table)
      throws SQLException {
    Catalog catalog = session.lookUnder(holder.connection());
    Optional<CatalogTable> root = catalog.table(table.name);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    List<Relation> relations = new ArrayList<>();
    for (CatalogTable leaf : catalog.leaves(root.get())) {
      if (table.leavesWaiting.containsKey(leaf.oid())) {
        relations.add(relation(holder.connection(), leaf));
      }
    }
    CopyStamp stamp = new CopyStamp(holder.point().value(), holder.takenAtMicros());
    synchronized (book) {
      TableSchema schema = table.history.newest();
      if (!table.follows() || !Forms.same(schema, forms.of(root.get(), table.published, 1))) {
        return Optional.empty();
      }
      for (Relation relation : relations) {
        book.beginLeaf(
            table,
            relation.table().oid(),
            relation.table().name(),
            holder.point().value(),
            stamp.fork().nextOrdinal(),
            holder.takenAtMicros());
      }
      return Optional.of(
          new LeafJob(
              table,
              table.state.attempt(),
              relations.stream()
                  .map(relation -> plan(schema, root.get(), relation, table))
                  .toList(),
              stamp));
    }
  }

  private record Relation(CatalogTable table, String print, long pages) {}

  private static Relation relation(Connection snapshot, CatalogTable leaf) throws SQLException {
    String print = CatalogReader.print(snapshot, leaf.oid()).orElse("(dropped)");
    try (PreparedStatement statement =
        snapshot.prepareStatement(
            "SELECT coalesce(pg_relation_size(?::bigint::oid), 0)"
                + " / current_setting('block_size')::int")) {
      statement.setLong(1, Integer.toUnsignedLong(leaf.oid()));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Relation(leaf, print, row.getLong(1));
      }
    }
  }

  private CopyPlan plan(
      TableSchema schema, CatalogTable root, Relation relation, TrackedTable table) {
    List<String> conditions = new ArrayList<>();
    table.published.rowFilter().ifPresent(conditions::add);
    Optional.ofNullable(config.snapshot().rowFilters().get(table.name.toString()))
        .ifPresent(conditions::add);
    return new CopyPlan(
        relation.table().oid(),
        relation.table().name(),
        relation.table().oid() == root.oid() || table.published.viaRoot()
            ? Optional.empty()
            : Optional.of(relation.table().name().toString()),
        schema,
        schema.columns().stream().map(this::selected).toList(),
        conditions,
        relation.print(),
        relation.pages());
  }

  private CopyPlan.SelectedColumn selected(Column column) {
    return new CopyPlan.SelectedColumn(
        types.copyExpression(column, Sql.name(column.name())),
        types.copiesInBinary(column),
        types.codec(column));
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

  /** The copy of one table. */
  private final class Job implements CopyJob {
    private final TrackedTable table;
    private final int attempt;
    private final List<CopyPlan> plans;
    private final CopyStamp stamp;
    private final Lsn point;

    Job(TrackedTable table, int attempt, List<CopyPlan> plans, CopyStamp stamp, Lsn point) {
      this.table = table;
      this.attempt = attempt;
      this.plans = plans;
      this.stamp = stamp;
      this.point = point;
    }

    @Override
    public List<CopyPlan> plans() {
      return plans;
    }

    @Override
    public CopyStamp stamp() {
      return stamp;
    }

    @Override
    public void rows(ChangeBatch batch) throws InterruptedException {
      queue.awaitRoom();
      book.copied(table, attempt, batch);
    }

    @Override
    public boolean isWanted() {
      return !closed && book.isCopying(table, attempt);
    }

    @Override
    public void ended() {
      try {
        boolean alone = config.snapshot().mode() == PostgresConfig.SnapshotMode.ONLY;
        book.copyEnded(table, attempt, alone ? point : session.mark("copied"));
      } catch (SQLException | TidemarkException e) {
        lost("the connection was lost right after the copy");
      }
    }

    @Override
    public void lost(String reason) {
      synchronized (book) {
        if (!closed && table.isCopying(attempt)) {
          book.again(table, "The copy begins again: " + reason + ".", point);
        }
      }
    }

    @Override
    public void failed(String reason) {
      synchronized (book) {
        if (table.isCopying(attempt)) {
          book.leave(table, Phase.FAILED, reason, point);
        }
      }
    }
  }

  /** The copy of partitions that came to a table that is followed. */
  private final class LeafJob implements CopyJob {
    private final TrackedTable table;
    private final int attempt;
    private final List<CopyPlan> plans;
    private final CopyStamp stamp;

    LeafJob(TrackedTable table, int attempt, List<CopyPlan> plans, CopyStamp stamp) {
      this.table = table;
      this.attempt = attempt;
      this.plans = plans;
      this.stamp = stamp;
    }

    @Override
    public List<CopyPlan> plans() {
      return plans;
    }

    @Override
    public CopyStamp stamp() {
      return stamp;
    }

    @Override
    public void rows(ChangeBatch batch) throws InterruptedException {
      queue.awaitRoom();
      book.copiedLeaf(table, attempt, batch);
    }

    @Override
    public boolean isWanted() {
      return !closed && book.isCopyingLeaf(table, attempt);
    }

    @Override
    public void ended() {
      try {
        Lsn mark = session.mark("copied");
        for (int i = 0; i < plans.size(); i++) {
          book.leafEnded(table, attempt, mark);
        }
      } catch (SQLException | TidemarkException e) {
        lost("the connection was lost right after the copy");
      }
    }

    @Override
    public void lost(String reason) {
      if (!closed && isWanted()) {
        book.again(table, "The copy begins again: " + reason + ".", new Lsn(stamp.commitLsn() + 1));
      }
    }

    @Override
    public void failed(String reason) {
      synchronized (book) {
        if (isWanted()) {
          book.leave(table, Phase.FAILED, reason, new Lsn(stamp.commitLsn() + 1));
        }
      }
    }
  }
}
