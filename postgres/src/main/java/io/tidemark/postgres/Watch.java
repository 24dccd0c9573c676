package io.tidemark.postgres;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.SourceStatus.SchemaGrade;
import io.tidemark.postgres.CatalogSession.Present;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.history.Alignment;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.slot.SlotState;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the catalog again and again for what the stream does not say: new tables and dropped
 * ones, tables taken out of the publication, rewrites, changes of a form that no row followed.
 *
 * <p>The catalog shows the present, the stream is behind it. So a finding counts only once the
 * stream has passed the place at which the catalog was read, and the catalog still shows the same.
 */
final class Watch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final long TICK_MILLIS = 500;

  /** However often it is woken, it rests so many times longer than it looks. */
  private static final int REST = 4;

  private static final String CATALOG = "catalog";
  private static final String PUBLICATION = "publication";
  private static final String WAL = "wal";

  private final PostgresConfig config;
  private final TableBook book;
  private final CatalogSession session;
  private final TypeBook types;
  private final Forms forms;
  private final LeafBook leaves;
  private final StreamConsumer consumer;
  private final Problems problems;
  private final Gate gate;
  private final Semaphore wake = new Semaphore(0);
  private final Map<TableName, Lsn> gone = new HashMap<>();
  private final List<Runnable> everyTick;
  private volatile boolean closed;
  private volatile Lsn head = Lsn.ZERO;
  private volatile long retained = -1;
  private volatile SchemaGrade grade = SchemaGrade.UNKNOWN;
  private boolean overBudget;

  /** How far was read when the server was last seen on the timeline that the gate knows. */
  private Lsn readBefore = Lsn.ZERO;

  private String typesNoted = "";

  Watch(
      PostgresConfig config,
      TableBook book,
      CatalogSession session,
      TypeBook types,
      StreamConsumer consumer,
      Problems problems,
      Gate gate,
      List<Runnable> everyTick) {
    this.config = config;
    this.book = book;
    this.session = session;
    this.types = types;
    this.forms = new Forms(types);
    this.leaves = new LeafBook(book);
    this.consumer = consumer;
    this.problems = problems;
    this.gate = gate;
    this.everyTick = List.copyOf(everyTick);
  }

  /** Has the catalog looked at soon. Any thread. */
  void wake() {
    if (wake.availablePermits() == 0) {
      wake.release();
    }
  }

  /** End of the log when it was looked at last. */
  Lsn head() {
    return head;
  }

  /** WAL held back when it was looked at last, -1 where not known. */
  long retained() {
    return retained;
  }

  /** How exactly changes of forms were known when it was looked at last. */
  SchemaGrade grade() {
    return grade;
  }

  @Override
  public void run() {
    long tick = config.rest(TICK_MILLIS);
    long nextLook = System.nanoTime() + config.tablesRefresh().toNanos();
    long restUntil = System.nanoTime();
    boolean woken = false;
    try {
      readGrade();
    } catch (SQLException e) {
      LOG.debug("The grade is told by the first look.", e);
    }
    try {
      while (!closed) {
        woken |= wake.tryAcquire(tick, TimeUnit.MILLISECONDS);
        book.tellProgress();
        everyTick.forEach(Runnable::run);
        long began = System.nanoTime();
        if (began - nextLook >= 0 || (woken && began - restUntil >= 0)) {
          woken = false;
          lookSafely();
          long ended = System.nanoTime();
          nextLook = ended + config.tablesRefresh().toNanos();
          restUntil = ended + (ended - began) * REST;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lookSafely() {
    try {
      look();
      problems.clear(CATALOG);
    } catch (SQLException | TidemarkException e) {
      if (!closed) {
        problems.say(CATALOG, "The catalog could not be read (" + e.getMessage() + "); retrying.");
      }
    }
  }

  private void look() throws SQLException {
    Lsn passed = consumer.position();
    Present present = session.look();
    List<String> undone = session.keepPublications(present.catalog(), book.relations());
    if (undone.isEmpty()) {
      problems.clear(PUBLICATION);
    } else {
      problems.say(
          PUBLICATION, "Tables cannot be published by this role. Run: " + join(undone) + ";");
    }
    reconcile(session.look(), passed);
    observeSlot();
  }

  private static String join(List<String> statements) {
    return String.join("; ", statements.subList(0, Math.min(5, statements.size())));
  }

  private void readGrade() throws SQLException {
    grade = session.hasEventTrigger() ? SchemaGrade.EXACT : SchemaGrade.PLAIN;
  }

  private void observeSlot() throws SQLException {
    head = session.walEnd();
    readGrade();
    int timeline = session.timeline();
    if (timeline == gate.identity().timeline()) {
      readBefore = consumer.position();
    } else if (timeline != 0) {
      gate.promoted(readBefore);
    }
    Optional<SlotState> slot = session.slot(config.slot());
    retained = slot.map(SlotState::retained).orElse(-1L);
    boolean over = retained > config.limits().walBudget();
    if (over) {
      String text =
          "The slot holds back "
              + (retained >> 20)
              + " MiB of WAL, more than wal-budget. A sink is slow or stands still, or a"
              + " transaction at the source is open for very long.";
      problems.say(WAL, text);
      if (!overBudget) {
        LOG.error("{}", text);
      }
    } else {
      problems.clear(WAL);
    }
    overBudget = over;
  }

  /**
   * Brings the tables up to what the catalog shows.
   *
   * @param passed a position that the stream had passed before the catalog was read
   */
  void reconcile(Present present, Lsn passed) throws SQLException {
    synchronized (book) {
      for (CatalogTable table : present.catalog().tables()) {
        if (!table.unlogged()) {
          Optional<TrackedTable> tracked = book.find(table.name());
          if (tracked.isEmpty()) {
            if (isFree(table.oid(), table.name())) {
              appear(table, present);
            }
          } else {
            compare(tracked.get(), table, present, passed);
          }
        }
      }
      for (TrackedTable tracked : book.all()) {
        Optional<CatalogTable> now =
            present.catalog().table(tracked.name).filter(table -> !table.unlogged());
        if (now.isEmpty()
            && tracked.state.phase() != Phase.DETACHED
            && isPast(tracked, present, passed)) {
          book.leave(
              tracked,
              Phase.DETACHED,
              "the table was dropped at the source, or is not selected any more",
              passed);
        }
        // another table of the same name says nothing of this one
        if (now.isPresent() && now.get().oid() == tracked.oid) {
          gone.remove(tracked.name);
        }
      }
      noteTypes();
    }
  }

  private void noteTypes() {
    String now = types.types().toJson();
    if (!now.equals(typesNoted)) {
      typesNoted = now;
      book.note(PostgresSource.TYPES_NOTE, now);
    }
  }

  /** Whether the stream has passed the place at which a change was first seen. */
  private boolean isPast(TrackedTable table, Present present, Lsn passed) throws SQLException {
    Lsn seen = gone.get(table.name);
    if (seen == null) {
      seen = present.walEnd();
      gone.put(table.name, seen);
      expect(seen);
    }
    return !table.follows() || !passed.isBefore(seen);
  }

  /**
   * Whether no table that is followed holds a relation: until the stream has passed the place at
   * which it lost it, rows of the relation are still that table's.
   */
  private boolean isFree(int relation, TableName asker) {
    return book.ofRelation(relation)
        .filter(owner -> !owner.name.equals(asker) && owner.follows())
        .isEmpty();
  }

  /** What a table looks like, without the leaves that another one has not lost yet. */
  private TableLook look(CatalogTable table, Present present) {
    TableLook look = TableLook.of(present.catalog(), table);
    for (Integer leaf : List.copyOf(look.leaves().keySet())) {
      if (!isFree(leaf, table.name())) {
        look = look.without(leaf);
      }
    }
    return look;
  }

  /** Has the stream pass a position soon: an idle server would tell its own only now and then. */
  private void expect(Lsn position) throws SQLException {
    consumer.want(position);
    session.mark("look");
  }

  private void appear(CatalogTable table, Present present) {
    Optional<Published> published = present.published(table);
    TrackedTable added =
        book.add(
            table.name(),
            table.oid(),
            published.isPresent() ? Optional.empty() : Optional.of(unpublished(table, present)));
    book.describe(added, table.oid(), published.orElse(null), look(table, present));
  }

  /** Never the advice to publish updates that the server would then refuse. */
  private String unpublished(CatalogTable table, Present present) {
    boolean usable = present.catalog().identityUsable(table);
    String name = usable ? config.publication() : config.insertsPublication();
    boolean there =
        present.publications().stream().anyMatch(publication -> publication.name().equals(name));
    String quoted = Sql.name(table.name());
    if (usable || there) {
      return "it is not in publication "
          + name
          + "; its owner must run ALTER PUBLICATION "
          + Sql.name(name)
          + " ADD TABLE "
          + (table.partitioned() ? "" : "ONLY ")
          + quoted;
    }
    return "it has no usable replica identity, and publication "
        + name
        + ", for inserts and truncates of such tables, was not there when the copy began; its owner"
        + " must run ALTER TABLE "
        + quoted
        + " REPLICA IDENTITY FULL";
  }

  private void compare(TrackedTable tracked, CatalogTable table, Present present, Lsn passed)
      throws SQLException {
    Optional<Published> published = present.published(table);
    TableLook look = look(table, present);
    Phase phase = tracked.state.phase();
    if (tracked.oid != 0 && tracked.oid != table.oid()) {
      otherTable(tracked, table, published, look, present, passed);
    } else if (phase == Phase.DETACHED) {
      book.describe(tracked, table.oid(), published.orElse(null), look);
      book.again(tracked, "the table is there again; it is copied again", passed);
    } else if (!stamp(tracked.published).equals(stamp(published.orElse(null)))
        || (published.isEmpty() && tracked.follows())) {
      book.describe(tracked, table.oid(), published.orElse(null), tracked.look);
      if (phase != Phase.WAITING || published.isEmpty()) {
        book.again(
            tracked,
            published.isPresent()
                ? "the way it is published changed; it is copied again"
                : unpublished(table, present),
            passed);
      }
    } else if (tracked.follows() && phase != Phase.COPYING) {
      settle(tracked, table, look, present, passed);
    } else if (phase == Phase.WAITING) {
      book.describe(tracked, table.oid(), published.orElse(null), look);
    }
  }

  /** The name belongs to another table than the one that was copied. */
  private void otherTable(
      TrackedTable tracked,
      CatalogTable table,
      Optional<Published> published,
      TableLook look,
      Present present,
      Lsn passed)
      throws SQLException {
    if (tracked.follows()) {
      if (isPast(tracked, present, passed)) {
        book.replaced(tracked, passed);
      }
    } else if (isFree(table.oid(), table.name())) {
      book.describe(tracked, table.oid(), published.orElse(null), look);
      book.again(
          tracked,
          published.isPresent() ? TableBook.REPLACED : unpublished(table, present),
          passed);
    }
  }

  private static String stamp(Published published) {
    return published == null ? "" : published.stamp();
  }

  /** What the catalog shows of a table that is followed, against what was understood of it. */
  private void settle(
      TrackedTable tracked, CatalogTable table, TableLook look, Present present, Lsn passed)
      throws SQLException {
    if (tracked.look != null) {
      look = look.named(tracked.look);
    }
    leaves.vanished(tracked, look, passed);
    TableSchema newest = tracked.history.newest();
    TableSchema form =
        Alignment.keepBackfill(forms.of(table, tracked.published, newest.version() + 1), newest);
    boolean sameForm = Forms.same(newest, form);
    if (look.equals(tracked.look) && sameForm) {
      book.understood(tracked, look, passed);
      return;
    }
    boolean seenBefore = tracked.pending.isPresent() && tracked.pending.get().look().equals(look);
    if (!seenBefore) {
      tracked.pending = Optional.of(new TrackedTable.Pending(look, present.walEnd()));
      expect(present.walEnd());
      return;
    }
    if (passed.isBefore(tracked.pending.get().seenAt())) {
      return;
    }
    understand(tracked, look, newest, form, passed);
  }

  /**
   * Partitions that came or went. A new one without a single page has never held a row, so its rows
   * all come in the stream; any other is copied.
   *
   * @return whether the look can be kept; not while partitions wait for their copy
   */
  private boolean partitions(TrackedTable tracked, TableLook look, Lsn passed) throws SQLException {
    if (tracked.look == null) {
      return true;
    }
    LeafBook.Rows rows = LeafBook.Rows.by(config.policies().partitionDrop());
    for (Map.Entry<Integer, TableLook.Leaf> leaf : tracked.look.leaves().entrySet()) {
      TableLook.Leaf now = look.leaves().get(leaf.getKey());
      if (now == null) {
        leaves.went(tracked, leaf.getKey(), rows, look, passed);
      } else if (!now.name().equals(leaf.getValue().name())
          || look.isAttachedAgain(leaf.getKey(), tracked.look)) {
        // its rows are read again, under the name that they say from now on
        leaves.went(tracked, leaf.getKey(), LeafBook.Rows.DELETED, look, passed);
      }
    }
    Map<Integer, TableName> filled = new HashMap<>();
    for (Map.Entry<Integer, TableLook.Leaf> leaf : look.leaves().entrySet()) {
      boolean known =
          tracked.look.leaves().containsKey(leaf.getKey())
              || tracked.leavesWaiting.containsKey(leaf.getKey());
      if (!known && isCopied(tracked, leaf.getKey(), leaf.getValue().name())) {
        filled.put(leaf.getKey(), leaf.getValue().name());
      }
    }
    leaves.came(tracked, filled, passed);
    return !tracked.lacksLeaves();
  }

  private boolean isCopied(TrackedTable tracked, int leaf, TableName name) throws SQLException {
    return config.snapshot().mode() != PostgresConfig.SnapshotMode.NEVER
        && (tracked.leavesGone.containsKey(name.toString()) || !session.isEmpty(leaf));
  }

  private void understand(
      TrackedTable tracked, TableLook look, TableSchema newest, TableSchema form, Lsn passed)
      throws SQLException {
    boolean touched = tracked.look == null || !look.stamps().equals(tracked.look.stamps());
    if (tracked.look != null && touched && look.fileChanged(tracked.look)) {
      book.again(tracked, "its rows were rewritten by ALTER TABLE; it is copied again", passed);
      return;
    }
    if (!Forms.same(newest, form)) {
      if (isNameReused(newest, form)) {
        book.again(
            tracked,
            "a column was dropped and added again under the same name; it is copied again",
            passed);
        return;
      }
      if (!Forms.sameNumbers(newest, form)
          && Long.compareUnsigned(tracked.lastCommitLsn, passed.value()) >= 0) {
        return; // rows have come since, perhaps of a column that only the next look shows
      }
      book.alter(tracked, form, passed.value());
    }
    boolean otherLeaves = tracked.look != null && otherLeaves(look, tracked.look);
    if (tracked.published.viaRoot()
        && tracked.look != null
        && (otherLeaves || look.fileChanged(tracked.look))) {
      book.again(
          tracked,
          "its partitions changed, which a publication via the root does not show",
          passed);
      return;
    }
    if (!otherLeaves || partitions(tracked, look, passed)) {
      book.understood(tracked, look, passed);
    }
  }

  private static boolean otherLeaves(TableLook look, TableLook before) {
    return !look.sameLeaves(before)
        || look.leaves().keySet().stream().anyMatch(leaf -> look.isAttachedAgain(leaf, before));
  }

  /** Rows of the new column may have been read as the old one's: a message names columns only. */
  private static boolean isNameReused(TableSchema before, TableSchema now) {
    return before.columns().stream()
        .filter(column -> now.indexOf(column.attnum()) < 0)
        .anyMatch(column -> now.column(column.name()).isPresent());
  }

  void close() {
    closed = true;
  }
}
