package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.PostgresConfig.AmbiguousRename;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.history.Alignment;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Anchor;
import io.tidemark.postgres.stream.Relation;
import io.tidemark.postgres.stream.RelationResolver;
import io.tidemark.postgres.stream.StreamListener;
import io.tidemark.postgres.type.ColumnCodec;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the stream becomes: decides which rows count and under which form, and says where the
 * boundaries are. The reader thread calls it; {@link #tick}, {@link #cutAt} and {@link #position}
 * any other.
 */
final class StreamConsumer implements StreamListener, RelationResolver {
  /** An idle source is told at most this often: each telling is a commit in every destination. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final Logger LOG = LoggerFactory.getLogger(StreamConsumer.class);
  private static final String MESSAGES = "messages";

  private final PostgresConfig config;
  private final TableBook book;
  private final CatalogSession session;
  private final TypeBook types;
  private final Forms forms;
  private final Problems problems;
  private final DdlPlaces places;
  private final Anchors anchors;
  private final Runnable wake;
  private final java.util.function.Consumer<Optional<Exception>> whenEnded;

  private Lsn last = Lsn.ZERO;
  private long lastMicros;
  private long lastNanos;
  private final Set<Integer> strangers = new HashSet<>();
  private long strangersSince;
  private boolean given;
  private boolean committed;
  private Optional<Lsn> cut = Optional.empty();
  private Lsn wanted = Lsn.ZERO;
  private Lsn lateUntil = Lsn.ZERO;
  private volatile Lsn received = Lsn.ZERO;
  private volatile long lastCommitMicros;

  /**
   * @param wake called when the catalog should be looked at soon
   * @param whenEnded called when the reader has ended
   */
  StreamConsumer(
      PostgresConfig config,
      TableBook book,
      CatalogSession session,
      TypeBook types,
      Problems problems,
      Anchors anchors,
      Runnable wake,
      java.util.function.Consumer<Optional<Exception>> whenEnded) {
    this.config = config;
    this.book = book;
    this.session = session;
    this.types = types;
    this.forms = new Forms(types);
    this.problems = problems;
    this.places = new DdlPlaces(config, book);
    this.anchors = anchors;
    this.wake = wake;
    this.whenEnded = whenEnded;
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

  // ---- boundaries

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
    if (cut.isPresent() && !end.isBefore(cut.get())) {
      cut = Optional.empty();
    }
    anchors.at(end).ifPresent(value -> book.note(Anchor.NOTE, value));
    book.boundary(Position.of(config.slot(), end), end, micros);
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

  /** Asks for a boundary at the last commit that ends at or below a position. */
  void cutAt(Lsn position) {
    synchronized (book) {
      if (last.isBefore(position)) {
        cut = Optional.of(position);
      }
    }
  }

  @Override
  public boolean flushBefore(Transaction next) {
    synchronized (book) {
      return cut.isPresent() && Long.compareUnsigned(next.commitLsn(), cut.get().value()) >= 0;
    }
  }

  @Override
  public void begin(Transaction transaction) {
    synchronized (book) {
      anchors.begin(transaction);
      if (flushBefore(transaction) && !committed) {
        boundary(cut.get(), lastMicros);
      }
    }
  }

  @Override
  public void commit(Transaction transaction) {
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

  @Override
  public void flushed(long endLsn, long committedAt) {
    synchronized (book) {
      if (last.isBefore(new Lsn(endLsn))) {
        boundary(new Lsn(endLsn), committedAt);
      }
    }
  }

  @Override
  public void keepAlive(long serverEnd, long serverMicros) {
    synchronized (book) {
      Lsn end = new Lsn(serverEnd);
      anchors.keepAlive(end, last);
      if (end.isBefore(last)) {
        return;
      }
      received = end;
      if (cut.isPresent() && !end.isBefore(cut.get())) {
        boundary(cut.get(), idleSince(serverMicros));
      }
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

  @Override
  public boolean isWaiting() {
    synchronized (book) {
      return cut.isPresent() || last.isBefore(wanted);
    }
  }

  /** By the server's clock, as the times of commits are; never before the last of them. */
  private long idleSince(long serverMicros) {
    return Math.max(lastMicros, serverMicros);
  }

  // ---- rows

  @Override
  public long generation() {
    return book.generation();
  }

  @Override
  public boolean admits(TableName table, Transaction transaction) {
    synchronized (book) {
      anchors.rows(transaction, last);
      return book.find(table).filter(found -> admits(found, transaction)).isPresent();
    }
  }

  private boolean admits(TrackedTable table, Transaction transaction) {
    if (!table.follows()) {
      table.miss(transaction.commitLsn());
    }
    return config.snapshot().mode() != PostgresConfig.SnapshotMode.ONLY
        && table.follows()
        && !isKnown(transaction)
        && Long.compareUnsigned(transaction.commitLsn(), table.floor) >= 0;
  }

  /** Whether the copy holds the transaction already: the log is read again from the anchor on. */
  private boolean isKnown(Transaction transaction) {
    return Long.compareUnsigned(transaction.commitLsn(), last.value()) < 0;
  }

  @Override
  public void changes(ChangeBatch batch) {
    synchronized (book) {
      given = true;
      book.give(batch);
    }
  }

  @Override
  public void failed(TableName name, Transaction transaction, String reason) {
    synchronized (book) {
      book.find(name)
          .ifPresent(
              table -> book.leave(table, Phase.FAILED, reason, new Lsn(transaction.commitLsn())));
    }
  }

  @Override
  public void message(Transaction transaction, long lsn, String prefix, byte[] content) {
    // marks only have to arrive: their commit moves the stream on
    if (prefix.equals(Anchors.PREFIX) && transaction.xid() == 0) {
      synchronized (book) {
        anchors.message(new Lsn(lsn), content, last);
      }
    } else if (prefix.equals(io.tidemark.postgres.doctor.EventTrigger.PREFIX)) {
      synchronized (book) {
        image(content)
            .ifPresent(
                image ->
                    book.ofRelation(image.oid())
                        .or(() -> book.ofRelation(image.root()))
                        .ifPresentOrElse(table -> altered(table, image, transaction), wake));
      }
    }
  }

  /** Every role may write a message: what is none of the trigger's stops nothing. */
  private Optional<TableImage> image(byte[] content) {
    try {
      return Optional.of(TableImage.parse(content));
    } catch (TidemarkException e) {
      LOG.warn("{}", e.getMessage());
      problems.say(MESSAGES, e.getMessage());
      wake.run();
      return Optional.empty();
    }
  }

  /** The event trigger says what became of a table, at the place where it happened. */
  private void altered(TrackedTable table, TableImage image, Transaction transaction) {
    wake.run();
    if (!admits(table, transaction)) {
      return;
    }
    Lsn at = new Lsn(transaction.commitLsn());
    places.take(table, image, at);
    if (image.oid() != table.oid || !table.follows()) {
      return;
    }
    TableSchema newest = table.history.newest();
    TableSchema next;
    try {
      session.readTypes(image.typeOids());
      next =
          Alignment.keepBackfill(
              forms.of(image.onto(newest), table.published, newest.version() + 1), newest);
    } catch (SQLException e) {
      throw unreachable(e);
    } catch (TidemarkException e) {
      failed(table, e, at);
      return;
    }
    boolean known =
        table.history.at(transaction.commitLsn()).stream()
            .anyMatch(schema -> Forms.same(schema, next));
    if (known) {
      return;
    }
    if (table.state.phase() == Phase.COPYING) {
      book.again(table, "its columns changed while it was copied; it is copied again", at);
    } else {
      book.alter(table, next, transaction.commitLsn());
    }
  }

  @Override
  public void ended(Optional<Exception> failure) {
    whenEnded.accept(failure);
  }

  /** Has rows of transactions in progress kept as they come until a commit has been passed. */
  void decodeLate(Lsn commit) {
    synchronized (book) {
      lateUntil = commit;
    }
  }

  // ---- forms

  @Override
  public Optional<Resolved> peek(Relation relation) {
    synchronized (book) {
      Optional<TrackedTable> found = book.ofRelation(relation.oid());
      if (found.isEmpty() || !found.get().follows() || !lateUntil.isBefore(last)) {
        return Optional.empty();
      }
      TrackedTable table = found.get();
      boolean leaf = relation.oid() != table.oid;
      return Alignment.known(relation, List.of(table.history.newest()), leaf)
          .map(schema -> bind(relation, table, schema));
    }
  }

  @Override
  public Optional<Resolved> resolve(Relation relation, Transaction transaction) {
    synchronized (book) {
      anchors.rows(transaction, last);
      Optional<TrackedTable> found = book.ofRelation(relation.oid());
      if (found.isEmpty()) {
        madeAgain(relation, transaction);
        book.missed(relation.oid(), transaction.commitLsn());
        wakeOnce(relation.oid());
        return Optional.empty();
      }
      TrackedTable table = found.get();
      long floor = table.leafFloors.getOrDefault(relation.oid(), 0L);
      if (!admits(table, transaction) || Long.compareUnsigned(transaction.commitLsn(), floor) < 0) {
        return Optional.empty();
      }
      boolean leaf = relation.oid() != table.oid;
      if (!leaf && wasRenamed(relation, table, transaction)) {
        return Optional.empty();
      }
      return form(relation, table, transaction, leaf).map(schema -> bind(relation, table, schema));
    }
  }

  /** Rows of a relation that is not captured are no reason to look at the catalog each time. */
  private void wakeOnce(int relation) {
    if (strangersSince != book.generation()) {
      strangersSince = book.generation();
      strangers.clear();
    }
    if (strangers.add(relation)) {
      wake.run();
    }
  }

  /** A row of an unknown relation may say that the table of its name is not the known one. */
  private void madeAgain(Relation relation, Transaction transaction) {
    book.find(new TableName(relation.schema(), relation.name()))
        .filter(table -> table.oid != relation.oid() && admits(table, transaction))
        .ifPresent(table -> book.replaced(table, new Lsn(transaction.commitLsn())));
  }

  private boolean wasRenamed(Relation relation, TrackedTable table, Transaction transaction) {
    TableName now = new TableName(relation.schema(), relation.name());
    if (now.equals(table.name)) {
      return false;
    }
    book.leave(
        table, Phase.DETACHED, "the table was renamed to " + now, new Lsn(transaction.commitLsn()));
    wake.run();
    return true;
  }

  private Optional<TableSchema> form(
      Relation relation, TrackedTable table, Transaction transaction, boolean leaf) {
    List<TableSchema> held = table.history.at(transaction.commitLsn());
    Optional<TableSchema> known = Alignment.known(relation, held, leaf);
    if (known.isEmpty()) {
      return newForm(relation, table, transaction, leaf);
    }
    if (known.get().version() < held.get(0).version()) {
      return olderForm(known.get(), held.get(0), table, new Lsn(transaction.commitLsn()));
    }
    return known;
  }

  /** Rows that look as before a change of columns that their own transaction has made. */
  private Optional<TableSchema> olderForm(
      TableSchema older, TableSchema newest, TrackedTable table, Lsn at) {
    Optional<String> doubt;
    try {
      doubt =
          Alignment.doubt(
              older, newest, look().catalog().relation(table.oid).map(now -> form(now, table)));
    } catch (TidemarkException e) {
      return failed(table, e, at);
    }
    doubt.ifPresent(reason -> ambiguous(table, reason, at));
    return doubt.isPresent() ? Optional.empty() : Optional.of(older);
  }

  private TableSchema form(CatalogTable now, TrackedTable table) {
    return forms.of(now, table.published, table.history.newest().version() + 1);
  }

  /** The table leaves the copy, unless it is only that the source cannot be asked. */
  private <T> Optional<T> failed(TrackedTable table, TidemarkException e, Lsn at) {
    if (e.code() == ErrorCode.SOURCE_UNREACHABLE) {
      throw e;
    }
    book.leave(table, Phase.FAILED, e.getMessage(), at);
    return Optional.empty();
  }

  private Optional<TableSchema> newForm(
      Relation relation, TrackedTable table, Transaction transaction, boolean leaf) {
    Lsn at = new Lsn(transaction.commitLsn());
    CatalogSession.Present present = look();
    Optional<CatalogTable> now = present.catalog().relation(table.oid);
    TableSchema newest = table.history.newest();
    Alignment.Outcome outcome;
    try {
      outcome =
          Alignment.find(
              relation,
              newest,
              now.map(catalog -> form(catalog, table)),
              table.look == null ? 0 : table.look.attributes(),
              leaf);
    } catch (TidemarkException e) {
      return failed(table, e, at);
    }
    if (outcome instanceof Alignment.Ambiguous ambiguous) {
      ambiguous(table, ambiguous.reason(), at);
      return Optional.empty();
    }
    TableSchema next =
        outcome instanceof Alignment.Changed changed
            ? changed.schema()
            : ((Alignment.Known) outcome).schema();
    TableLook look = now.map(catalog -> TableLook.of(present.catalog(), catalog)).orElse(null);
    if (table.state.phase() == Phase.COPYING) {
      book.again(table, "its columns changed while it was copied; it is copied again", at);
      wake.run();
      return Optional.empty();
    }
    boolean columnsChanged = !next.columns().equals(newest.columns());
    if (look != null && table.look != null && columnsChanged && look.fileChanged(table.look)) {
      book.again(
          table, "its rows were rewritten by a change of its columns; it is copied again", at);
      wake.run();
      return Optional.empty();
    }
    book.alter(table, next, transaction.commitLsn());
    return Optional.of(next);
  }

  private void ambiguous(TrackedTable table, String reason, Lsn at) {
    if (config.policies().ambiguousRename() == AmbiguousRename.DROP_ADD) {
      book.again(table, "its columns changed (" + reason + "); it is copied again", at);
      wake.run();
    } else {
      book.leave(
          table,
          Phase.FAILED,
          "Cannot tell a rename of columns from drop and add: "
              + reason
              + ". Copy the table again (tables recopy), set on-ambiguous-rename: drop-add, or"
              + " create the event trigger that doctor prints.",
          at);
    }
  }

  private CatalogSession.Present look() {
    try {
      return session.look();
    } catch (SQLException e) {
      throw unreachable(e);
    }
  }

  private static TidemarkException unreachable(SQLException e) {
    return new TidemarkException(
        ErrorCode.SOURCE_UNREACHABLE,
        "Cannot read the catalog: " + e.getMessage() + ". Trying again.",
        e);
  }

  private Resolved bind(Relation relation, TrackedTable table, TableSchema schema) {
    boolean leaf = relation.oid() != table.oid;
    TableName now = new TableName(relation.schema(), relation.name());
    int[] targets = new int[relation.columns().size()];
    List<ColumnCodec> codecs = new ArrayList<>();
    for (int i = 0; i < targets.length; i++) {
      String name = relation.columns().get(i).name();
      targets[i] = leaf ? indexOf(schema, name) : i;
      Column column = schema.columns().get(targets[i]);
      codecs.add(types.codec(column));
    }
    return new Resolved(
        schema,
        leaf ? Optional.of(table.leafName(relation.oid(), now).toString()) : Optional.empty(),
        targets,
        codecs);
  }

  private static int indexOf(TableSchema schema, String name) {
    for (int i = 0; i < schema.columns().size(); i++) {
      if (schema.columns().get(i).name().equals(name)) {
        return i;
      }
    }
    throw new IllegalStateException("a partition has a column that its root has not: " + name);
  }
}
