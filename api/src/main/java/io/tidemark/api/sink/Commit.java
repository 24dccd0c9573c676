package io.tidemark.api.sink;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is made visible by one atomic act.
 *
 * @param tidemark the new position; at or above that of the last commit
 * @param committedAtMicros commit time at the source of the last transaction below the tidemark,
 *     microseconds since 1970 UTC; 0 where the position does not move and nobody knows. A
 *     destination keeps the later one of this and what it has
 * @param staged every piece sealed since the last commit
 * @param changes entries of the pipeline's state that changed: a new value, or empty to remove the
 *     key
 * @param tables where every table stands as of this commit, by its name in the copy; a sink of
 *     current rows learns here whether a table {@linkplain #isCopying is being copied}, and may
 *     show the rest to readers
 */
public record Commit(
    Position tidemark,
    long committedAtMicros,
    List<Staged> staged,
    SortedMap<String, Optional<String>> changes,
    SortedMap<TableName, TableState> tables) {
  public Commit {
    staged = List.copyOf(staged);
    changes = Collections.unmodifiableSortedMap(new TreeMap<>(changes));
    tables = Collections.unmodifiableSortedMap(tables);
  }

  /**
   * Whether rows of a snapshot may still come for a table, by its name in the copy. While they may,
   * a destination of current rows keeps the table's stream rows aside, by the same act as all else;
   * it applies them, in order, in the first commit in which this is over. The rows of a snapshot of
   * the whole table (READ, and the TRUNCATE without a transaction id and without a leaf that begins
   * an attempt) it may apply at once while the table is copied, but not while it catches up: the
   * rows of a partition that is copied by itself come then, among those of the stream, and only the
   * order of positions tells which of two is the later one. A table that leaves the copy unfinished
   * keeps nothing aside: what waits of it is void.
   */
  public boolean isCopying(TableName table) {
    TableState state = tables.get(table);
    return state != null && state.phase().compareTo(TableState.Phase.MEMBER) < 0;
  }
}
