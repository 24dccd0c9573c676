package io.tidemark.parquet.state;

import java.util.OptionalLong;
import java.util.UUID;

/**
 * Who claims the writing of a lake.
 *
 * @param id its own; a claim of it whose answer was lost is known again by it
 * @param held the epoch that it held; one that held none takes the writing over from anybody
 */
public record Claimant(String id, OptionalLong held) {
  /** One that takes over whoever writes. */
  public static Claimant newcomer() {
    return new Claimant(UUID.randomUUID().toString(), OptionalLong.empty());
  }

  /** Whether a state was written by another writer that has claimed since. */
  boolean lostTo(StateObject newest) {
    return held.isPresent() && newest.epoch() > held.getAsLong() && !newest.flush().equals(id);
  }
}
