package io.tidemark.parquet.store;

import java.io.IOException;

/** A store did not do what it was asked for. */
public final class StoreException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What is known of the act that failed. */
  public enum Outcome {
    /** It did not happen. */
    NOT_DONE,
    /** It may have happened, or may still happen. */
    UNKNOWN,
    /** It did not happen, and waiting does not help: a right or the bucket is missing. */
    REFUSED,
    /** The store cannot create an object only where none is. */
    UNSUPPORTED
  }

  private final Outcome outcome;

  public StoreException(Outcome outcome, String message, Throwable cause) {
    super(message, cause);
    this.outcome = outcome;
  }

  /** What is known of the act. */
  public Outcome outcome() {
    return outcome;
  }
}
