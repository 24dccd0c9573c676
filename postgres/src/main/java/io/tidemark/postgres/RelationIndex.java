package io.tidemark.postgres;

import io.tidemark.api.model.TableState.Phase;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which table's rows a relation of the server holds. Guarded by the {@link TableBook} that has it.
 */
final class RelationIndex {
  private final Map<Integer, TrackedTable> byRelation = new HashMap<>();

  /** Relations that are nobody's, of which rows were left out. */
  private final Set<Integer> missed = new HashSet<>();

  /** The table whose rows a relation holds: itself, or the root above a leaf. */
  Optional<TrackedTable> owner(int relation) {
    return Optional.ofNullable(byRelation.get(relation));
  }

  /** Every relation that is, or was, a table's. */
  Set<Integer> all() {
    return Set.copyOf(byRelation.keySet());
  }

  /** Rows of a relation that is nobody's were left out. */
  void missed(int relation) {
    missed.add(relation);
  }

  /** Whether rows of a relation were left out since it was anybody's. */
  boolean hasMissed(int relation) {
    return missed.contains(relation);
  }

  /**
   * Puts a table at the relations that it has now.
   *
   * @return whether any relation is another table's than before
   */
  boolean place(TrackedTable table) {
    Map<Integer, TrackedTable> before = Map.copyOf(byRelation);
    byRelation.values().removeIf(other -> other == table);
    if (table.oid != 0) {
      own(table, table.oid);
    }
    if (table.look != null) {
      table.look.leaves().keySet().forEach(leaf -> own(table, leaf));
    }
    table.leafFloors.keySet().forEach(leaf -> own(table, leaf));
    return !before.equals(byRelation);
  }

  private void own(TrackedTable table, int relation) {
    TrackedTable owner = byRelation.get(relation);
    // a table that was renamed has gone under its old name, which must not take the rows
    if (owner == null || !owner.follows() || table.state.phase() != Phase.DETACHED) {
      byRelation.put(relation, table);
      missed.remove(relation);
    }
  }
}
