package io.tidemark.postgres;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.snapshot.CopyJob;
import io.tidemark.postgres.snapshot.CopyStamp;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Begins the copies of a round: of the tables, and the partitions, that wait for a snapshot. */
final class RoundPreparation {
  private final PostgresConfig config;
  private final CatalogSession session;
  private final TypeBook types;
  private final Forms forms;
  private final TableBook book;
  private final CopyBook copies;
  private final LeafBook leaves;
  private final CopyPlans plans;
  private final Definitions definitions;
  private final EventQueue queue;
  private final BooleanSupplier closed;

  /**
   * @param closed whether nothing is wanted any more
   */
  RoundPreparation(
      PostgresConfig config,
      CatalogSession session,
      TypeBook types,
      TableBook book,
      Definitions definitions,
      EventQueue queue,
      BooleanSupplier closed) {
    this.config = config;
    this.session = session;
    this.types = types;
    this.forms = new Forms(types);
    this.book = book;
    this.copies = new CopyBook(book);
    this.leaves = new LeafBook(book);
    this.plans = new CopyPlans(config, types);
    this.definitions = definitions;
    this.queue = queue;
    this.closed = closed;
  }

  /** A round that can be run. */
  record Prepared(SnapshotHolder holder, List<CopyJob> jobs) {}

  private TableJob.Round shared() {
    boolean streams = config.snapshot().mode() != PostgresConfig.SnapshotMode.ONLY;
    return new TableJob.Round(book, definitions, queue, session, streams, closed);
  }

  /** Tables that wait for a snapshot. */
  List<TrackedTable> waiting() {
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

  /** Tables of which partitions wait for a snapshot. */
  List<TrackedTable> waitingForLeaves() {
    synchronized (book) {
      return book.all().stream()
          .filter(table -> table.follows() && !table.leavesWaiting.isEmpty())
          .toList();
    }
  }

  /**
   * A round of all that waits.
   *
   * @param taken told of the snapshot before anything is read under it
   */
  Prepared all(SnapshotHolder holder, Consumer<SnapshotHolder> taken) throws SQLException {
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

  /** To be done before the snapshot, so that what the server left out until now is in it. */
  void publishLeaves() throws SQLException {
    for (TrackedTable table : waitingForLeaves()) {
      publishLeaves(table);
    }
  }

  private void publishLeaves(TrackedTable table) throws SQLException {
    String publication;
    List<TableName> leaves;
    synchronized (book) {
      if (!table.follows() || table.published == null) {
        return;
      }
      publication = table.published.publication();
      leaves = List.copyOf(table.leavesWaiting.values());
    }
    List<String> undone = session.renewPublication(publication, leaves);
    if (!undone.isEmpty()) {
      synchronized (book) {
        book.leave(
            table,
            Phase.FAILED,
            "PostgreSQL 14 leaves out the changes of partitions that came with rows until their"
                + " publication changes, which this role may not do. Its owner must run "
                + String.join("; ", undone)
                + "; then copy the table again (tables recopy)",
            table.state.since());
      }
    }
  }

  /** A table that waits until the log has passed what was copied of it, if there is one. */
  Optional<TrackedTable> waitingAbove(Lsn point) {
    return waiting().stream().filter(table -> !table.isAboveCopies(point)).findFirst();
  }

  /** What was begun waits again, and nothing is held. */
  private static void breakOff(SnapshotHolder holder, List<CopyJob> jobs) {
    holder.close();
    jobs.forEach(job -> job.lost("the connection was lost before the first row"));
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
          || !table.isAboveCopies(holder.point())
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
}
