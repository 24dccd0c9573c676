package io.tidemark.engine.verify;

import java.util.List;

/**
 * A row that differs.
 *
 * @param kind how
 * @param key PostgreSQL's texts of its key in the copy; empty for a table without one
 * @param columns names of the columns that differ, where that is known
 * @param rows how many equal rows of a table without a key it stands for; else 1
 */
public record Difference(Kind kind, List<String> key, List<String> columns, long rows) {
  /** The ways in which a row can differ. */
  public enum Kind {
    /** The source has it, the copy has not. */
    MISSING,
    /** The copy has it, the source has not. */
    EXTRA,
    /** Both have it, with other values. */
    CHANGED
  }
}
