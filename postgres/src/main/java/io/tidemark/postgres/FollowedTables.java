package io.tidemark.postgres;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.Reconciliation.Seen;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.history.Alignment;
import io.tidemark.postgres.history.Forms;
import io.tidemark.postgres.history.TypeBook;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the catalog shows of tables whose rows are given, against what was understood of them:
 * rewrites, changes of a form that no row followed, partitions that came or went. To be called
 * under the book's monitor.
 */
final class FollowedTables {
  private final PostgresConfig config;
  private final TableBook book;
  private final LeafBook leaves;
  private final Forms forms;

  FollowedTables(PostgresConfig config, TableBook book, TypeBook types) {
    this.config = config;
    this.book = book;
    this.leaves = new LeafBook(book);
    this.forms = new Forms(types);
  }

  /**
   * Partitions that a table does not have yet under the name and since the time that a look says.
   */
  static List<Integer> newLeaves(TrackedTable tracked, TableLook now) {
    if (!tracked.follows() || tracked.state.phase() == Phase.COPYING || tracked.look == null) {
      return List.of();
    }
    TableLook look = now.named(tracked.look);
    return look.leaves().keySet().stream()
        .filter(leaf -> !isKept(tracked, leaf, look))
        .filter(leaf -> !tracked.leavesWaiting.containsKey(leaf))
        .toList();
  }

  /** Whether a partition that a table has is the same one in a look. */
  private static boolean isKept(TrackedTable tracked, int leaf, TableLook look) {
    TableLook.Leaf before = tracked.look.leaves().get(leaf);
    TableLook.Leaf now = look.leaves().get(leaf);
    return before != null
        && now != null
        && now.name().equals(before.name())
        && !look.isAttachedAgain(leaf, tracked.look);
  }

  /**
   * Takes in what a look shows of a table.
   *
   * @return false where it is the first to show that, so that the stream has to pass it first
   */
  boolean settle(TrackedTable tracked, CatalogTable table, TableLook now, Seen seen) {
    TableLook look = tracked.look == null ? now : now.named(tracked.look);
    Lsn passed = seen.passed();
    leaves.vanished(tracked, look, passed);
    TableSchema newest = tracked.history.newest();
    TableSchema form =
        Alignment.keepBackfill(forms.of(table, tracked.published, newest.version() + 1), newest);
    boolean sameForm = Forms.same(newest, form);
    if (look.equals(tracked.look) && sameForm) {
      book.understood(tracked, look, passed);
      return true;
    }
    boolean seenBefore = tracked.pending.isPresent() && tracked.pending.get().look().equals(look);
    if (!seenBefore) {
      tracked.pending = Optional.of(new TrackedTable.Pending(look, seen.present().walEnd()));
      return false;
    }
    if (!passed.isBefore(tracked.pending.get().seenAt())) {
      understand(tracked, look, newest, form, seen);
    }
    return true;
  }

  /**
   * Partitions that came or went. A new one without a single page has never held a row, so its rows
   * all come in the stream; any other is copied.
   *
   * @return whether the look can be kept; not while partitions wait for their copy, or while it
   *     cannot be told whether they need one
   */
  private boolean partitions(TrackedTable tracked, TableLook look, Seen seen) {
    if (tracked.look == null) {
      return true;
    }
    List<Integer> added = newLeaves(tracked, look);
    if (isCopying() && !seen.empty().keySet().containsAll(added)) {
      return false;
    }
    LeafBook.Rows rows = LeafBook.Rows.by(config.policies().partitionDrop());
    for (Integer leaf : List.copyOf(tracked.look.leaves().keySet())) {
      if (!look.leaves().containsKey(leaf)) {
        leaves.went(tracked, leaf, rows, look, seen.passed());
      } else if (!isKept(tracked, leaf, look)) {
        // its rows are read again, under the name that they say from now on
        leaves.went(tracked, leaf, LeafBook.Rows.DELETED, look, seen.passed());
      }
    }
    Map<Integer, TableName> filled = new HashMap<>();
    for (Integer leaf : added) {
      TableName name = look.leaves().get(leaf).name();
      if (isCopying() && !(seen.empty().get(leaf) && isUntouched(tracked, leaf, name))) {
        filled.put(leaf, name);
      }
    }
    leaves.came(tracked, filled, seen.passed());
    return !tracked.lacksLeaves();
  }

  private boolean isCopying() {
    return config.snapshot().mode() != PostgresConfig.SnapshotMode.NEVER;
  }

  /** Whether no row of a partition was left out, also since it was seen to be empty. */
  private boolean isUntouched(TrackedTable tracked, int leaf, TableName name) {
    return !tracked.leavesGone.containsKey(name.toString()) && !book.hasMissed(leaf);
  }

  private void understand(
      TrackedTable tracked, TableLook look, TableSchema newest, TableSchema form, Seen seen) {
    Lsn passed = seen.passed();
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
    if (!otherLeaves || partitions(tracked, look, seen)) {
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
}
