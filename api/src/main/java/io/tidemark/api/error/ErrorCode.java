package io.tidemark.api.error;

/**
 * Every kind of failure that a user can meet, with whose matter it is and whether waiting helps.
 */
public enum ErrorCode {
  /** The configuration does not hold together; all problems are told at once. */
  CONFIGURATION(Category.USER, false),
  /** The command line was used wrongly. */
  USAGE(Category.USER, false),
  /** The database is not set up for capture, or a right is missing. */
  SOURCE_NOT_READY(Category.ENVIRONMENT, false),
  /** The database cannot be reached. */
  SOURCE_UNREACHABLE(Category.ENVIRONMENT, true),
  /** The slot, timeline or system is not the one the copy was made from. */
  SOURCE_CHANGED(Category.USER, false),
  /** The replication stream holds something that cannot be read. */
  SOURCE_PROTOCOL(Category.INTERNAL, false),
  /** A value, a row or a transaction is larger than the limit. */
  LIMIT_EXCEEDED(Category.USER, false),
  /** The destination cannot be reached just now. */
  DESTINATION(Category.ENVIRONMENT, true),
  /** The destination does not take what it must, and will not until somebody changes something. */
  DESTINATION_REFUSED(Category.ENVIRONMENT, false),
  /**
   * The destination does not hold what its state says, or its state is missing while data exists.
   */
  DESTINATION_CHANGED(Category.USER, false),
  /** Another writer has taken the destination over. */
  FENCED(Category.ENVIRONMENT, false),
  /** State was written by a newer version of this program. */
  STATE_TOO_NEW(Category.USER, false),
  /** A file that this program keeps for itself on the local disk cannot be written or read. */
  LOCAL_DISK(Category.ENVIRONMENT, true),
  /** A port, a file or a lock is taken by another process. */
  BUSY(Category.ENVIRONMENT, false),
  /** A query over a copy could not be answered. */
  QUERY(Category.USER, false),
  /** A defect of this program. */
  INTERNAL(Category.INTERNAL, false);

  /** Whose matter a failure is. */
  public enum Category {
    /** What was asked for cannot be done as asked. */
    USER,
    /** Something around the program is missing or broken. */
    ENVIRONMENT,
    /** The program itself is wrong. */
    INTERNAL
  }

  private final Category category;
  private final boolean retryable;

  ErrorCode(Category category, boolean retryable) {
    this.category = category;
    this.retryable = retryable;
  }

  /** Whose matter it is. */
  public Category category() {
    return category;
  }

  /** Whether the same attempt may succeed later without anybody's doing. */
  public boolean retryable() {
    return retryable;
  }
}
