package io.tidemark.postgres;

import io.tidemark.postgres.stream.ByteBudget;
import java.time.Duration;

/** The rest that somebody asked the reader to take, for a time at most. Any thread. */
final class AskedHold {
  private final ByteBudget budget;
  private ReadingHold resting;
  private long until;

  AskedHold(ByteBudget budget) {
    this.budget = budget;
  }

  /** Begins or goes on for a time from now; zero ends it. */
  synchronized void until(Duration longest) {
    until = System.nanoTime() + longest.toNanos();
    if (resting == null && !longest.isZero()) {
      resting = new ReadingHold(budget);
    }
    endIfOver();
  }

  /** Ends it once its time is over. */
  synchronized void endIfOver() {
    if (resting != null && System.nanoTime() - until >= 0) {
      resting.close();
      resting = null;
    }
  }
}
