package io.tidemark.postgres.stream;

/**
 * Rows of a transaction in progress were decoded as they came, and by the time it committed their
 * table had a form in which its values are read otherwise. The transaction has to be read again
 * from the last flush, with {@link RelationResolver#peek} silent.
 */
public final class StaleFormException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long commitLsn;

  StaleFormException(String relation, long commitLsn) {
    super("the form of " + relation + " changed while a transaction was in progress");
    this.commitLsn = commitLsn;
  }

  /** Commit LSN of the transaction, unsigned. */
  public long commitLsn() {
    return commitLsn;
  }
}
