package io.tidemark.duckdb.sink;

import java.util.Locale;

/** What a file keeps of every table. */
public enum Keep {
  /** The rows as they are. */
  CURRENT,
  /** Every change; the rows as they are can be asked for, they are found among the changes. */
  CHANGES,
  /** Both, each by itself. */
  BOTH;

  /** The word that users write. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Keep of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  boolean current() {
    return this != CHANGES;
  }

  boolean changes() {
    return this != CURRENT;
  }
}
