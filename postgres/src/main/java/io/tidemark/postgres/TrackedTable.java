package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.history.Alignment;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TableHistory;
import io.tidemark.postgres.slot.Publication.Published;
import io.tidemark.postgres.snapshot.KeyCopy;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Where a table stands while the source runs. Guarded by the {@link TableBook} that has it. */
final class TrackedTable {
  /** A look at the catalog that the stream has not come up to yet. */
  record Pending(TableLook look, Lsn seenAt) {}

  final TableName name;
  int oid;
  TableState state;

  /** Rows of commits below this position are in the copy already, or do not count. */
  long floor;

  /** Position that the stream must have passed for a copied table to be a member; 0 for none. */
  long memberAt;

  /** Null before the first copy. */
  TableHistory history;

  /** Number of the newest version that was announced. */
  int announced;

  /** Null where it is not published. */
  Published published;

  TableLook look;
  Optional<Pending> pending = Optional.empty();

  /** Leaves that are copied by themselves, by oid: rows of commits below the place do not count. */
  final Map<Integer, Long> leafFloors = new HashMap<>();

  /** Partitions that came with rows and have to be copied by themselves, by oid. */
  final Map<Integer, TableName> leavesWaiting = new HashMap<>();

  /** Those of them that are being copied. */
  final Map<Integer, TableName> leavesCopying = new HashMap<>();

  /** Newest commit that changed it while it was not followed, unsigned. */
  long missed;

  /** The same of the partitions that wait for their copy. */
  long missedInLeaves;

  /** Place of a change that only a look at the catalog after it will tell; 0 for none. */
  long unsettledAt;

  /** Names of leaves that went, and the boundary after which no row can say them any more. */
  final Map<String, Long> leavesGone = new HashMap<>();

  /** How many copied rows were told last. */
  long rowsTold;

  /** A form in which the rows of a table are copied. */
  enum CopyForm {
    /** All of it under one snapshot. */
    SNAPSHOT,
    /** In ranges of its key, each under a snapshot of its own. */
    KEYS
  }

  /** How it is going to be copied; null while that is not decided. */
  CopyForm choice;

  /** What its user should know of that. */
  Optional<String> remark = Optional.empty();

  /** Why copying in key ranges came to nothing. */
  Optional<String> notByKeys = Optional.empty();

  /** The copy in key ranges, from its beginning until the table is a member; else null. */
  KeyCopy keys;

  /** Stamp of the last row given, for a stream that is read again after a lost connection. */
  long lastCommitLsn;

  long lastOrdinal = -1;

  TrackedTable(TableName name, int oid, TableState state) {
    this.name = name;
    this.oid = oid;
    this.state = state;
  }

  /** Whether rows of the stream are given. */
  boolean follows() {
    return history != null
        && (state.phase() == Phase.COPYING
            || state.phase() == Phase.CATCHING_UP
            || state.phase() == Phase.MEMBER);
  }

  /** Whether it has rows of a copy that is not complete at the tidemark. */
  boolean isBeingCopied() {
    return history != null
        && (state.phase() == Phase.COPYING || state.phase() == Phase.CATCHING_UP);
  }

  /**
   * Whether a copy that is stamped with a position counts after every earlier one. After a
   * promotion the log goes on below what was copied of the other timeline: until it has passed
   * that, the earlier copy would be taken for the later one.
   */
  boolean isAboveCopies(Lsn point) {
    return Long.compareUnsigned(floor, point.value()) < 0
        && leafFloors.values().stream()
            .allMatch(leaf -> Long.compareUnsigned(leaf, point.value()) < 0);
  }

  /** Whether it, or a leaf of it, was copied under a snapshot above a place of the log. */
  boolean isCopiedAbove(Lsn place) {
    return follows()
        && (Long.compareUnsigned(floor, place.value()) > 0
            || leafFloors.values().stream()
                .anyMatch(leaf -> Long.compareUnsigned(leaf, place.value()) > 0));
  }

  /**
   * Whether the stream has come to a place with changes of it, given or left out. A snapshot below
   * such a place can become its copy no more: those given may have been read in a form that did not
   * hold.
   */
  boolean hasChangesFrom(Lsn place) {
    return Long.compareUnsigned(missed, place.value()) >= 0
        || Long.compareUnsigned(lastCommitLsn, place.value()) >= 0;
  }

  /** Notes that changes were left out. */
  void miss(long commitLsn) {
    if (Long.compareUnsigned(missed, commitLsn) < 0) {
      missed = commitLsn;
    }
  }

  /** A table that is out, or is copied as a whole, waits for no partition. */
  void forgetLeaves() {
    leavesWaiting.clear();
    leavesCopying.clear();
  }

  /** Whether partitions are still to be copied by themselves. */
  boolean lacksLeaves() {
    return !leavesWaiting.isEmpty() || !leavesCopying.isEmpty();
  }

  /**
   * The name that rows of a leaf say: the one by which it became known, which it keeps until all
   * its rows are read again.
   */
  TableName leafName(int relation, TableName now) {
    TableLook.Leaf known = look == null ? null : look.leaves().get(relation);
    return known == null ? now : known.name();
  }

  /** Whether a copy attempt with a number is the one that is running. */
  boolean isCopying(int attempt) {
    return state.phase() == Phase.COPYING && state.attempt() == attempt;
  }

  /** The newest version where it has this form, else a new one. */
  TableSchema version(TableSchema form, long since) {
    if (history == null) {
      TableSchema first = Alignment.numbered(form, 1);
      history = new TableHistory(first);
      return first;
    }
    TableSchema newest = history.newest();
    if (Forms.same(newest, form)) {
      return newest;
    }
    TableSchema next = Alignment.numbered(form, newest.version() + 1);
    history.add(next, since);
    return next;
  }

  /** The rows of the stream that are neither in the copy already nor given before. */
  ChangeBatch onlyNew(ChangeBatch batch) {
    if (leavesGone.isEmpty() && isNew(batch, 0)) {
      return batch;
    }
    ChangeBatch rest = new ChangeBatch(batch.schema());
    for (int i = 0; i < batch.size(); i++) {
      if (isNew(batch, i)) {
        rest.addFrom(batch, i);
      }
    }
    return rest;
  }

  private boolean isNew(ChangeBatch batch, int i) {
    if (!leavesGone.isEmpty() && leavesGone.containsKey(batch.leaf(i))) {
      return false;
    }
    long commitLsn = batch.commitLsn(i);
    int order = Long.compareUnsigned(commitLsn, lastCommitLsn);
    return Long.compareUnsigned(commitLsn, floor) >= 0
        && (order > 0 || (order == 0 && batch.ordinal(i) > lastOrdinal));
  }

  /** Its state when the copy is complete: with a reason where not every change is published. */
  TableState member(Lsn at) {
    TableState complete = state.in(Phase.MEMBER, at);
    if (published == null || published.everyChange()) {
      return complete;
    }
    return complete.out(
        Phase.MEMBER,
        "only inserts and truncates are captured, since the table has no usable replica identity;"
            + " run ALTER TABLE ... REPLICA IDENTITY FULL (or add a primary key)",
        at);
  }
}
