package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.PostgresConfig.AmbiguousRename;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.history.Alignment;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.stream.Relation;
import io.tidemark.postgres.stream.RelationResolver;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import io.tidemark.postgres.type.ColumnCodec;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Says of each relation of the stream whose rows it holds, and under which form they are given. */
final class RowForms implements RelationResolver {
  private final PostgresConfig config;
  private final TableBook book;
  private final CatalogSession session;
  private final TypeBook types;
  private final Forms forms;
  private final Admission admission;
  private final Runnable wake;
  private final Set<Integer> strangers = new HashSet<>();
  private long strangersSince;
  private Lsn lateUntil = Lsn.ZERO;

  /**
   * @param wake called when the catalog should be looked at soon
   */
  RowForms(
      PostgresConfig config,
      TableBook book,
      CatalogSession session,
      TypeBook types,
      Admission admission,
      Runnable wake) {
    this.config = config;
    this.book = book;
    this.session = session;
    this.types = types;
    this.forms = new Forms(types);
    this.admission = admission;
    this.wake = wake;
  }

  /** Has rows of transactions in progress kept as they come until a commit has been passed. */
  void decodeLate(Lsn commit) {
    synchronized (book) {
      lateUntil = commit;
    }
  }

  @Override
  public long generation() {
    return book.generation();
  }

  @Override
  public Optional<Resolved> peek(Relation relation) {
    synchronized (book) {
      Optional<TrackedTable> found = book.ofRelation(relation.oid());
      if (found.isEmpty() || !found.get().follows() || !lateUntil.isBefore(admission.position())) {
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
    CatalogSession.Present present = null;
    TableSchema newest = null;
    while (true) {
      synchronized (book) {
        admission.rows(transaction);
        Optional<TrackedTable> table = owner(relation, transaction);
        Optional<TableSchema> known =
            table
                .flatMap(owner -> known(relation, owner, transaction))
                .filter(form -> form.version() >= newest(table.get(), transaction).version());
        if (table.isEmpty() || known.isPresent()) {
          return known.map(schema -> bind(relation, table.get(), schema));
        }
        if (present != null && newest == table.get().history.newest()) {
          return form(relation, table.get(), transaction, present)
              .map(schema -> bind(relation, table.get(), schema));
        }
        newest = table.get().history.newest();
      }
      // nothing is held while the server is asked: others would stand still with the stream. A form
      // that another thread has found meanwhile is newer than the look, which is then taken again
      present = look();
    }
  }

  /** The table that takes a relation's rows of a transaction. */
  private Optional<TrackedTable> owner(Relation relation, Transaction transaction) {
    Optional<TrackedTable> found = book.ofRelation(relation.oid());
    if (found.isEmpty()) {
      madeAgain(relation, transaction);
      book.missed(relation.oid(), transaction.commitLsn());
      wakeOnce(relation.oid());
      return found;
    }
    TrackedTable table = found.get();
    long floor = table.leafFloors.getOrDefault(relation.oid(), 0L);
    boolean counts =
        admission.admits(table, transaction)
            && Long.compareUnsigned(transaction.commitLsn(), floor) >= 0
            && !wasRenamed(relation, table, transaction);
    return counts ? found : Optional.empty();
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
        .filter(table -> table.oid != relation.oid() && admission.admits(table, transaction))
        .ifPresent(table -> book.replaced(table, new Lsn(transaction.commitLsn())));
  }

  private boolean wasRenamed(Relation relation, TrackedTable table, Transaction transaction) {
    TableName now = new TableName(relation.schema(), relation.name());
    if (relation.oid() != table.oid || now.equals(table.name)) {
      return false;
    }
    book.leave(
        table, Phase.DETACHED, "the table was renamed to " + now, new Lsn(transaction.commitLsn()));
    wake.run();
    return true;
  }

  private Optional<TableSchema> form(
      Relation relation,
      TrackedTable table,
      Transaction transaction,
      CatalogSession.Present present) {
    Optional<TableSchema> known = known(relation, table, transaction);
    if (known.isEmpty()) {
      return newForm(relation, table, transaction, present);
    }
    TableSchema newest = newest(table, transaction);
    return known.get().version() < newest.version()
        ? olderForm(known.get(), newest, table, new Lsn(transaction.commitLsn()), present)
        : known;
  }

  /** The newest form that a transaction has shown. */
  private static TableSchema newest(TrackedTable table, Transaction transaction) {
    return table.history.at(transaction.commitLsn()).get(0);
  }

  /** Rows that look as before a change of columns that their own transaction has made. */
  private Optional<TableSchema> olderForm(
      TableSchema older,
      TableSchema newest,
      TrackedTable table,
      Lsn at,
      CatalogSession.Present present) {
    Optional<String> doubt;
    try {
      doubt =
          Alignment.doubt(
              older, newest, present.catalog().relation(table.oid).map(now -> form(now, table)));
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

  private Optional<TableSchema> known(
      Relation relation, TrackedTable table, Transaction transaction) {
    return Alignment.known(
        relation, table.history.at(transaction.commitLsn()), relation.oid() != table.oid);
  }

  private Optional<TableSchema> newForm(
      Relation relation,
      TrackedTable table,
      Transaction transaction,
      CatalogSession.Present present) {
    Lsn at = new Lsn(transaction.commitLsn());
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
              relation.oid() != table.oid);
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
      throw CatalogSession.unreachable(e);
    }
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
