package io.tidemark.postgres;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableState.Phase;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the event trigger says of tables as a whole: drops, renames, rewrites, partitions that come
 * and go. Each is taken at its place among the rows, so no boundary shows a table as a member that
 * is not equal to the source there. To be called under the book's monitor.
 */
final class DdlPlaces {
  private final PostgresConfig config;
  private final TableBook book;
  private final LeafBook leaves;

  DdlPlaces(PostgresConfig config, TableBook book) {
    this.config = config;
    this.book = book;
    this.leaves = new LeafBook(book);
  }

  /**
   * Takes what a message says, except for columns.
   *
   * @param table the one whose rows the relation holds, or is going to hold
   * @param at commit of the transaction
   */
  void take(TrackedTable table, TableImage image, Lsn at) {
    if (image.isDropped()) {
      dropped(table, image, at);
    } else if (image.isRewritten()) {
      book.again(table, "its rows were rewritten by ALTER TABLE; it is copied again", at);
    } else if (image.oid() == table.oid && !image.name().equals(table.name)) {
      book.leave(table, Phase.DETACHED, "the table was renamed to " + image.name(), at);
    } else if (table.look != null) {
      partitions(table, image, at);
    }
  }

  private void dropped(TrackedTable table, TableImage image, Lsn at) {
    if (image.oid() == table.oid) {
      book.leave(table, Phase.DETACHED, "the table was dropped at the source", at);
    } else if (table.published.viaRoot()) {
      otherPartitions(table, at);
    } else if (table.state.phase() == Phase.COPYING) {
      book.unsettled(table, at);
    } else {
      went(table, image.oid(), at);
    }
  }

  private void partitions(TrackedTable table, TableImage image, Lsn at) {
    List<TableImage.Leaf> shown =
        image.oid() == table.oid
            ? image.leaves().orElse(List.of())
            : image.root() == table.oid && image.leaves().isEmpty()
                ? List.of(new TableImage.Leaf(image.oid(), image.name(), image.empty()))
                : List.of();
    Set<Integer> lost = new HashSet<>();
    if (image.oid() == table.oid && image.leaves().isPresent()) {
      lost.addAll(table.look.leaves().keySet());
      shown.forEach(leaf -> lost.remove(leaf.oid()));
    }
    List<TableImage.Leaf> more = shown.stream().filter(leaf -> !isKnown(table, leaf)).toList();
    if (table.published.viaRoot() && !(lost.isEmpty() && more.isEmpty())) {
      otherPartitions(table, at);
      return;
    }
    if (table.state.phase() == Phase.COPYING) {
      if (!lost.isEmpty() || !more.isEmpty()) {
        book.unsettled(table, at);
      }
      return;
    }
    lost.forEach(leaf -> went(table, leaf, at));
    more.forEach(leaf -> came(table, leaf, at));
  }

  private void otherPartitions(TrackedTable table, Lsn at) {
    book.again(table, "its partitions changed, which a publication via the root does not show", at);
  }

  private static boolean isKnown(TrackedTable table, TableImage.Leaf leaf) {
    return table.look.leaves().containsKey(leaf.oid())
        || table.leavesWaiting.containsKey(leaf.oid());
  }

  private void went(TrackedTable table, int leaf, Lsn at) {
    if (table.look != null && table.look.leaves().containsKey(leaf)) {
      leaves.went(
          table,
          leaf,
          LeafBook.Rows.by(config.policies().partitionDrop()),
          table.look.without(leaf),
          at);
    }
  }

  private void came(TrackedTable table, TableImage.Leaf leaf, Lsn at) {
    book.ofRelation(leaf.oid())
        .filter(owner -> owner != table && owner.follows())
        .ifPresent(
            owner ->
                book.leave(owner, Phase.DETACHED, "it became a partition of " + table.name, at));
    boolean copied = config.snapshot().mode() != PostgresConfig.SnapshotMode.NEVER;
    boolean nameInUse = table.look.hasLeaf(leaf.name());
    if (nameInUse) {
      // a renamed one still has it: a look at the catalog tells them apart
      table.memberAt = at.value();
      book.unsettled(table, at);
      book.step(
          table, table.state.out(Phase.CATCHING_UP, "a partition took the name of another", at));
    } else if (!copied || (leaf.empty() && !table.leavesGone.containsKey(leaf.name().toString()))) {
      leaves.cameEmpty(table, leaf.oid(), leaf.name());
    } else {
      leaves.came(table, Map.of(leaf.oid(), leaf.name()), at);
    }
  }
}
