package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableName;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a writer knows of what it has committed.
 *
 * @param epoch of its claim
 * @param rows changes that were ever written, by table
 * @param waiting the offset of the first change of each table that waits for its copy
 * @param offsets next offsets of the partitions of each topic
 */
record Written(
    long epoch,
    SortedMap<TableName, Long> rows,
    SortedMap<TableName, Long> waiting,
    Map<String, long[]> offsets) {
  Written {
    waiting = Collections.unmodifiableSortedMap(new TreeMap<>(waiting));
  }

  /** What a claim finds. */
  static Written of(StoredState state) {
    return new Written(state.epoch() + 1, state.rows(), state.waiting(), state.offsets());
  }
}
