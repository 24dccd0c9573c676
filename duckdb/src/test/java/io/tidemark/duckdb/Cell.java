package io.tidemark.duckdb;

/**
 * One value of a change as a test writes it.
 *
 * @param text PostgreSQL's text; null for null and for an unchanged value
 * @param raw whether the column's type cannot hold it
 * @param unchanged whether the change leaves it out
 */
record Cell(String text, boolean raw, boolean unchanged) {
  static final Cell NULL = new Cell(null, false, false);
  static final Cell UNCHANGED = new Cell(null, false, true);

  static Cell of(String text) {
    return text == null ? NULL : new Cell(text, false, false);
  }

  static Cell raw(String text) {
    return new Cell(text, true, false);
  }
}
