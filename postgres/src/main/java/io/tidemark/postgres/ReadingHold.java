package io.tidemark.postgres;

import io.tidemark.postgres.stream.ByteBudget;
import java.util.concurrent.atomic.AtomicBoolean;

/** Lets the reader rest, as if its queue were full, until it is closed. Any thread. */
final class ReadingHold implements AutoCloseable {
  private static final long BYTES = Long.MAX_VALUE / 4;

  private final ByteBudget budget;
  private final AtomicBoolean over = new AtomicBoolean();

  ReadingHold(ByteBudget budget) {
    this.budget = budget;
    budget.take(BYTES);
  }

  @Override
  public void close() {
    if (over.compareAndSet(false, true)) {
      budget.give(BYTES);
    }
  }
}
