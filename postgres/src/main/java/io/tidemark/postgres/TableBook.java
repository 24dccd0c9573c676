package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.history.TableHistory;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.snapshot.KeySieve;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * All tables and where each stands. Every step is taken under its monitor and put into the queue
 * inside it, so the order of events is the order of steps, whichever thread takes them: a table's
 * last copied row comes before "catching up", a failed table's rows never come after "failed".
 */
final class TableBook {
  static final String REPLACED = "the table was dropped and made again; it is copied again";

  private final Outbox out;
  private final Map<TableName, TrackedTable> tables = new TreeMap<>();
  private final RelationIndex relations = new RelationIndex();
  private long generation;
  private long newestCommit;
  private long lastBoundary;

  TableBook(EventQueue queue) {
    this.out = new Outbox(queue);
  }

  // ---- looking

  synchronized Collection<TrackedTable> all() {
    return List.copyOf(tables.values());
  }

  synchronized Optional<TrackedTable> find(TableName name) {
    return Optional.ofNullable(tables.get(name));
  }

  /** The table whose rows a relation holds: itself, or the root above a leaf. */
  synchronized Optional<TrackedTable> ofRelation(int oid) {
    return relations.owner(oid);
  }

  /** Every relation that is, or was, captured. */
  synchronized Set<Integer> relations() {
    return relations.all();
  }

  synchronized long generation() {
    return generation;
  }

  /** Rows given so far; never waits, so that a status is told while the catalog is looked at. */
  long changesGiven() {
    return out.rowsGiven();
  }

  /** Whether every table that can be copied has been. */
  synchronized boolean isSettled() {
    return tables.values().stream()
        .allMatch(
            table ->
                table.state.phase() == Phase.WAITING && table.published == null
                    || table.state.phase() != Phase.WAITING
                        && table.state.phase() != Phase.COPYING
                        && table.state.phase() != Phase.CATCHING_UP);
  }

  // ---- what is known of tables

  /** Takes in a table that the copy knows already. */
  synchronized void restore(
      TableName name, TableState state, Optional<TableSchema> schema, Optional<TableNote> note) {
    TrackedTable table =
        new TrackedTable(name, schema.map(TableSchema::relationOid).orElse(0), state);
    schema.ifPresent(
        form -> {
          table.history = new TableHistory(form);
          table.announced = form.version();
        });
    note.ifPresent(
        known -> {
          table.floor = known.floorLsn().value();
          table.unsettledAt = known.unsettledLsn().value();
          // until the stream has passed its end, a table that has gone is decoded as it was
          table.published = known.publishedAs().orElse(null);
          table.look = known.look();
          known.floors().forEach((leaf, at) -> table.leafFloors.put(leaf, Lsn.parse(at).value()));
          // what was copied of them counts for nothing: they are copied again
          table.leavesWaiting.putAll(known.leaves());
          for (Integer leaf : known.leaves().keySet()) {
            table.look = table.look == null ? null : table.look.without(leaf);
          }
        });
    tables.put(name, table);
    index(table);
  }

  /** Takes in a table that was never seen: it waits for its copy. */
  synchronized TrackedTable add(TableName name, int oid, Optional<String> reason) {
    TrackedTable table = new TrackedTable(name, oid, TableState.waiting());
    tables.put(name, table);
    index(table);
    step(
        table,
        reason.map(why -> table.state.out(Phase.WAITING, why, Lsn.ZERO)).orElse(table.state));
    return table;
  }

  /** Why no copy of a table begins that {@link TrackedTable#isAboveCopies} does not allow. */
  static String waitsForLog(TrackedTable table) {
    return "Table "
        + table.name
        + " was copied beyond the place where a standby was promoted; it is copied again as soon as"
        + " the server's log has passed that copy's position "
        + new Lsn(table.floor)
        + ".";
  }

  /** What the catalog and the publication say now, for a table that is not being followed. */
  synchronized void describe(TrackedTable table, int oid, Published published, TableLook look) {
    table.oid = oid;
    table.published = published;
    table.look = look;
    index(table);
  }

  /** How a table is published; null where it is not. */
  synchronized Published publishedAs(TrackedTable table) {
    return table.published;
  }

  /** Whether a partition waits for its copy. */
  synchronized boolean isWaiting(TrackedTable table, int leaf) {
    return table.leavesWaiting.containsKey(leaf);
  }

  /** A commit changed a relation that is nobody's: perhaps a partition that waits for its copy. */
  synchronized void missed(int relation, long commitLsn) {
    relations.missed(relation);
    for (TrackedTable table : tables.values()) {
      if (table.leavesWaiting.containsKey(relation)
          && Long.compareUnsigned(table.missedInLeaves, commitLsn) < 0) {
        table.missedInLeaves = commitLsn;
      }
    }
  }

  /** Whether rows of a relation were left out before it was anybody's. */
  synchronized boolean hasMissed(int relation) {
    return relations.hasMissed(relation);
  }

  synchronized void published(TrackedTable table, Published published) {
    table.published = published;
  }

  /** The relations that hold the table's rows are others than before. */
  synchronized void relationsChanged(TrackedTable table) {
    generation++;
    index(table);
  }

  private void index(TrackedTable table) {
    if (relations.place(table)) {
      generation++;
    }
  }

  // ---- steps of a table's life

  /** A step in a table's life. */
  synchronized void step(TrackedTable table, TableState next) {
    table.state = next;
    out.state(table);
  }

  /** Gives rows. */
  synchronized void put(ChangeBatch batch) {
    out.rows(batch);
  }

  /** Writes down what of a table must be found again. */
  synchronized void note(TrackedTable table) {
    note(TableNote.key(table.name), TableNote.of(table).toJson());
  }

  /** Writes down what the source must find again. */
  synchronized void note(String key, String value) {
    note(key, Optional.of(value));
  }

  /** Writes down what the source must find again, or forgets it. */
  synchronized void note(String key, Optional<String> value) {
    out.note(key, value);
  }

  /** Tells what the catalog says of a table beyond its form. */
  synchronized void define(TableName table, String text) {
    out.definition(table, text);
  }

  /** Takes back what was written down. */
  synchronized void forget(String key) {
    out.note(key, Optional.empty());
  }

  /** Rows so far of a table, or of a leaf of it, do not count any more. */
  synchronized void truncate(
      TableSchema schema, Optional<String> leaf, long commitLsn, long ordinal, long committedAt) {
    out.truncate(schema, leaf, commitLsn, ordinal, committedAt);
  }

  /** The table has to be copied again; it waits for that. */
  synchronized void again(TrackedTable table, String reason, Lsn at) {
    if (table.state.phase() == Phase.PAUSED || table.state.phase() == Phase.FAILED) {
      return;
    }
    generation++;
    forgetKeys(table);
    table.forgetLeaves();
    table.choice = null;
    step(table, table.state.out(Phase.WAITING, reason, at));
  }

  /** What was answered of relations is void. */
  synchronized void changed() {
    generation++;
  }

  /** The ledger of a copy in key ranges is of no use any more. */
  private void forgetKeys(TrackedTable table) {
    if (table.keys != null) {
      table.keys = null;
      forget(KeyBook.key(table.name));
    }
  }

  /** Another table has its name now; it waits until a look shows how that one is published. */
  synchronized void replaced(TrackedTable table, Lsn at) {
    table.published = null;
    again(table, REPLACED, at);
  }

  /** The table leaves the copy, for a reason. */
  synchronized void leave(TrackedTable table, Phase phase, String reason, Lsn at) {
    if (table.state.phase() != phase) {
      generation++;
      forgetKeys(table);
      table.forgetLeaves();
      step(table, table.state.out(phase, reason, at));
    }
  }

  /** The owner wants a table in again. */
  synchronized void comeBack(TrackedTable table, Lsn at) {
    generation++;
    forgetKeys(table);
    table.choice = null;
    table.notByKeys = Optional.empty();
    step(table, table.state.in(Phase.WAITING, at));
  }

  // ---- the stream

  /** Announces every version of a table's form up to a number that was not announced yet. */
  synchronized void announce(TrackedTable table, int upTo) {
    out.versions(table, upTo);
  }

  /** A new version that holds from a place of the log on. */
  synchronized void alter(TrackedTable table, TableSchema next, long since) {
    table.history.add(next, since);
    generation++;
  }

  /**
   * What the catalog shows has been understood.
   *
   * @param passed a position that the stream had passed before the catalog was read
   */
  synchronized void understood(TrackedTable table, TableLook look, Lsn passed) {
    table.pending = Optional.empty();
    boolean settled =
        table.unsettledAt != 0 && Long.compareUnsigned(table.unsettledAt, passed.value()) < 0;
    if (settled) {
      table.unsettledAt = 0;
    }
    boolean other = !look.equals(table.look);
    if (other) {
      describe(table, table.oid, table.published, look);
    }
    if (settled || other) {
      note(table);
    }
  }

  /** Only a look at the catalog that is read after a place will tell what changed there. */
  synchronized void unsettled(TrackedTable table, Lsn at) {
    table.unsettledAt = at.value();
    note(table);
  }

  /**
   * Rows of the stream. What the copy holds already, and what was given before the connection was
   * lost, is left out. Rows that were read in a form that has ended before them cost a new copy.
   */
  synchronized void give(ChangeBatch batch) {
    TrackedTable table = tables.get(batch.table());
    if (table == null || batch.size() == 0) {
      return;
    }
    long newest = batch.commitLsn(batch.size() - 1);
    if (!table.follows()) {
      table.miss(newest); // it was followed when they were read
      return;
    }
    ChangeBatch rows = table.onlyNew(batch);
    if (rows.size() == 0) {
      return;
    }
    if (rows.schema().version() < table.announced || !table.history.fits(rows.schema(), newest)) {
      table.miss(newest);
      again(
          table,
          "its columns changed while rows of it were read; it is copied again",
          new Lsn(newest));
      return;
    }
    announce(table, rows.schema().version());
    table.lastCommitLsn = rows.commitLsn(rows.size() - 1);
    table.lastOrdinal = rows.ordinal(rows.size() - 1);
    if (Long.compareUnsigned(newestCommit, table.lastCommitLsn) < 0) {
      newestCommit = table.lastCommitLsn;
    }
    if (table.keys == null) {
      put(rows);
    } else {
      KeySieve sieve = new KeySieve(table.keys);
      List<ChangeBatch> kept = sieve.sift(rows);
      give(table, kept, sieve.broken());
    }
  }

  /** Gives the changes that count beside a copy in key ranges, or begins that copy again. */
  synchronized void give(
      TrackedTable table, List<ChangeBatch> kept, Optional<KeySieve.Broken> broken) {
    if (broken.isEmpty()) {
      kept.forEach(this::put);
      return;
    }
    if (broken.get().forGood()) {
      table.notByKeys = Optional.of(broken.get().reason());
    }
    again(
        table,
        "The copy begins again: " + broken.get().reason() + ".",
        new Lsn(table.lastCommitLsn));
  }

  /**
   * Every row of every commit below a position has been given: tables that were waiting for it
   * become members, and copies may be made visible.
   */
  synchronized void boundary(io.tidemark.api.model.Position position, Lsn end, long micros) {
    for (TrackedTable table : tables.values()) {
      if (table.history != null) {
        announce(table, Integer.MAX_VALUE);
        table.history.forgetBelow(end.value());
      }
      if (table.keys != null) {
        table.keys.passed(end.value());
      }
      if (table.state.phase() == Phase.CATCHING_UP
          && table.memberAt != 0
          && table.unsettledAt == 0
          && Long.compareUnsigned(end.value(), table.memberAt) >= 0) {
        forgetKeys(table);
        step(table, table.member(end));
        if (!table.leafFloors.isEmpty()) {
          table.leafFloors.clear();
          note(table);
        }
      }
      // every transaction that began while the leaf was one has been given
      table.leavesGone.values().removeIf(at -> Long.compareUnsigned(at, end.value()) < 0);
    }
    lastBoundary = end.value();
    out.boundary(position, micros);
  }

  /**
   * Whether no change was given of a commit at or above a position. After a lost connection the
   * stream comes again from the last boundary on, while more has been given already.
   */
  synchronized boolean hasNothingBeyond(Lsn position) {
    return Long.compareUnsigned(newestCommit, position.value()) < 0;
  }

  /** The last boundary, unsigned. */
  synchronized long lastBoundary() {
    return lastBoundary;
  }

  /** Whether anything was given since the last boundary. */
  synchronized boolean isWaitingForBoundary() {
    return !out.isEmpty();
  }

  /** Whether a copied table waits for the stream to pass a position. */
  synchronized boolean isCatchingUp() {
    return tables.values().stream().anyMatch(table -> table.state.phase() == Phase.CATCHING_UP);
  }
}
