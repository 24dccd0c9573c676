package io.tidemark.duckdb.sink;

import java.util.Set;

/**
 * Changes of one table under one version of its form, in a table of the stage or of the journal.
 * Its columns: {@code _op}, {@code _lsn}, {@code _seq}, {@code _xid}, {@code _at} (microseconds),
 * perhaps {@code _leaf} and {@code _before} (0 none, 1 key, 2 row), and by attribute number {@code
 * cN} (value), {@code rN} (raw text), {@code uN} (unchanged), {@code oN} and {@code qN} (value and
 * raw text of the old row). All but the values are there only where a row needs them.
 *
 * @param table its whole name in SQL
 * @param columns names of the columns it has
 * @param ops what is known of the operations in it
 */
record Segment(String table, TargetForm form, Set<String> columns, Ops ops) {
  static final String LEAF = "_leaf";
  static final String BEFORE = "_before";

  /**
   * Which operations may be there.
   *
   * @param snapshot rows of a snapshot, and what begins an attempt of the whole table
   * @param stream anything else
   * @param truncates of either
   * @param ending updates and deletes
   */
  record Ops(boolean snapshot, boolean stream, boolean truncates, boolean ending) {
    static final Ops NONE = new Ops(false, false, false, false);
    static final Ops ANY = new Ops(true, true, true, true);

    Ops and(Ops other) {
      return new Ops(
          snapshot || other.snapshot,
          stream || other.stream,
          truncates || other.truncates,
          ending || other.ending);
    }
  }

  Segment {
    columns = Set.copyOf(columns);
  }

  /** Whether any row may leave a value out. */
  boolean hasUnchanged() {
    return columns.stream().anyMatch(column -> column.charAt(0) == 'u');
  }

  boolean has(String column) {
    return columns.contains(column);
  }
}
