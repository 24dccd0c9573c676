package io.tidemark.postgres;

import io.tidemark.api.model.Lsn;

/** Counts failures at one position of the log: what fails there each time does not heal. */
final class Patience {
  private static final int LIMIT = 5;

  private Lsn at = Lsn.ZERO;
  private int times;

  /** Begins anew, after reading went well for a while. */
  void forget() {
    times = 0;
  }

  /**
   * Takes a failure.
   *
   * @param position where reading stood
   * @return whether it has failed there too often
   */
  boolean isOver(Lsn position) {
    times = position.equals(at) ? times + 1 : 1;
    at = position;
    return times >= LIMIT;
  }
}
