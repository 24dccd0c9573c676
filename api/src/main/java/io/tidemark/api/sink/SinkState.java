package io.tidemark.api.sink;

import io.tidemark.api.model.Position;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a destination holds of a pipeline, as of its last commit.
 *
 * @param epoch the writer epoch that {@link Sink#open} has just taken; every claim is higher than
 *     all before
 * @param tidemark position of the last commit; {@link Position#NONE} before the first
 * @param entries the pipeline's own state as keys and values, kept by the sink without being read
 */
public record SinkState(long epoch, Position tidemark, SortedMap<String, String> entries) {
  public SinkState {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
  }

  /** Whether nothing was ever committed here. */
  public boolean isNew() {
    return tidemark.equals(Position.NONE) && entries.isEmpty();
  }
}
