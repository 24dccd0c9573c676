package io.tidemark.api.model;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where a copy stands in its source: for each partition of the source (a replication slot, a
 * partition of a Kafka topic) the first place that is <em>not</em> yet in the copy. For a slot that
 * is the {@code end_lsn} of the last applied commit, so it always falls on a commit boundary.
 *
 * @param parts partition name to unsigned 64-bit place
 */
public record Position(SortedMap<String, Long> parts) {
  /** Before everything. */
  public static final Position NONE = new Position(new TreeMap<>());

  public Position {
    parts = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(parts));
  }

  /** The position of a source with a single slot. */
  public static Position of(String slot, Lsn end) {
    return new Position(new TreeMap<>(Map.of(slot, end.value())));
  }

  /** The place in one partition, {@link Lsn#ZERO} where nothing of it was read yet. */
  public Lsn lsn(String partition) {
    return new Lsn(parts.getOrDefault(partition, 0L));
  }

  /** The place of a source with one partition; {@link Lsn#ZERO} for {@link #NONE}. */
  public Lsn lsn() {
    if (parts.size() > 1) {
      throw new IllegalStateException(
          "Cannot name one LSN: the position has " + parts.size() + " partitions.");
    }
    return parts.isEmpty() ? Lsn.ZERO : new Lsn(parts.get(parts.firstKey()));
  }

  /** Whether everything below the other position is below this one too. */
  public boolean covers(Position other) {
    for (Map.Entry<String, Long> part : other.parts.entrySet()) {
      if (Long.compareUnsigned(parts.getOrDefault(part.getKey(), 0L), part.getValue()) < 0) {
        return false;
      }
    }
    return true;
  }

  /** The lower of the two in every partition: what both copies have. */
  public Position meet(Position other) {
    TreeMap<String, Long> lower = new TreeMap<>();
    for (Map.Entry<String, Long> part : parts.entrySet()) {
      long there = other.parts.getOrDefault(part.getKey(), 0L);
      lower.put(
          part.getKey(),
          Long.compareUnsigned(there, part.getValue()) < 0 ? there : part.getValue());
    }
    return new Position(lower);
  }

  @Override
  public String toString() {
    if (parts.size() == 1) {
      return lsn().toString();
    }
    StringBuilder text = new StringBuilder();
    parts.forEach(
        (name, place) ->
            text.append(text.isEmpty() ? "" : ",").append(name).append('=').append(new Lsn(place)));
    return text.isEmpty() ? Lsn.ZERO.toString() : text.toString();
  }
}
