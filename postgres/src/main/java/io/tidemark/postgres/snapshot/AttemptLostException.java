package io.tidemark.postgres.snapshot;

/**
 * A copy attempt cannot be finished and has to begin again under another snapshot: the table was
 * rewritten, truncated or altered after the snapshot was taken, or the snapshot is gone.
 */
public final class AttemptLostException extends Exception {
  private static final long serialVersionUID = 1L;

  public AttemptLostException(String message) {
    super(message);
  }

  public AttemptLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
