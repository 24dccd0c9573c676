package io.tidemark.api.sink;

import io.tidemark.api.model.Position;
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
 *     microseconds since 1970 UTC
 * @param staged every piece sealed since the last commit
 * @param changes entries of the pipeline's state that changed: a new value, or empty to remove the
 *     key
 */
public record Commit(
    Position tidemark,
    long committedAtMicros,
    List<Staged> staged,
    SortedMap<String, Optional<String>> changes) {
  public Commit {
    staged = List.copyOf(staged);
    changes = Collections.unmodifiableSortedMap(new TreeMap<>(changes));
  }
}
