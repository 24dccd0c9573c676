package io.tidemark.postgres.type;

/** What becomes of a value that its column's data type cannot hold exactly. */
public enum MisfitPolicy {
  /** The element is null and PostgreSQL's exact text of the whole value is kept beside it. */
  RAW,
  /**
   * The whole column is held as PostgreSQL's text, so that every value fits; columns whose type
   * holds every value stay as they are.
   */
  TEXT,
  /**
   * As {@link #RAW}, and the value is marked as refused, so that the engine does with its row what
   * it does with rows that a sink does not take.
   */
  REJECT
}
