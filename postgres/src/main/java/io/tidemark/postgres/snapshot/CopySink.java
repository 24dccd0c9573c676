package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.ChangeBatch;

/** Where the rows of a copy go. Any number of workers may call it. */
public interface CopySink {
  /** Takes rows; waits while there is no room for them. */
  void rows(ChangeBatch batch) throws InterruptedException;

  /** Whether the attempt still matters; asked between messages now and then. */
  boolean isWanted();
}
