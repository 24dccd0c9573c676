package io.tidemark.postgres.sink;

/**
 * Changes of one table under one version of its form, in a table of the stage or of the journal.
 * Its columns: {@code _kind} (see {@link Kind}), {@code _lsn}, {@code _seq} (twice the ordinal, and
 * one more but for an old key or row that goes just before), {@code _snap} (of a snapshot), {@code
 * _leaf}, {@code _left} (attribute numbers of values that the log left out, each between commas)
 * and {@code cN} for the column with attribute number N.
 *
 * @param table its whole name in SQL
 * @param ops what is known of the changes in it
 * @param rows condition on changes {@code n} that are meant, where the table has others
 */
record Segment(String table, TargetForm form, Ops ops, String rows) {
  /** All rows. */
  static final String ALL = "true";

  /** Of the stage alone: which piece a row is of, so that pieces can be applied one by one. */
  static final String PIECE = "_piece";

  /** The same for who takes the rows of a snapshot alone. */
  Segment ofSnapshot() {
    return new Segment(table, form, ops.ofSnapshot(), rows);
  }

  /** A condition on its rows among those of the table. */
  String where(String which) {
    return rows.equals(ALL) ? which : which + " AND " + rows;
  }

  static final String OWN_COLUMNS = "_kind, _lsn, _seq, _snap, _leaf, _left";
  static final String OWN_DEFINED =
      "_kind int2, _lsn int8, _seq int8, _snap bool, _leaf text, _left text";

  /** Kinds of changes; the codes stand in tables. */
  static final class Kind {
    /** A row, or of a table with a key a key alone, is gone. */
    static final int DEATH = 0;

    /** A row is there that was not. */
    static final int BIRTH = 1;

    /** A row has other values. */
    static final int UPDATE = 2;

    /** All rows are gone, or those of a leaf. */
    static final int TRUNCATE = 3;

    /** A row has another key; the death of the old one stands just before it. */
    static final int MOVE = 4;

    private Kind() {}
  }

  /** True of changes {@code n} that leave a row. */
  static final String LIVE = "n._kind IN (1, 2, 4)";

  /** True of changes {@code n} that begin a copy attempt of a whole table. */
  static final String BEGINS_ATTEMPT = "n._kind = 3 AND n._snap";

  /** A condition on changes {@code n} that a column's value was left out of the log. */
  static String left(int attnum) {
    return "n._left LIKE '%," + attnum + ",%'";
  }

  /**
   * A place among all changes.
   *
   * @param seq as in {@code _seq}
   */
  record Place(long lsn, long seq) implements Comparable<Place> {
    /** A condition that compares changes {@code n} with this place. */
    String sql(String operator) {
      return "(n._lsn, n._seq) " + operator + " (" + lsn + ", " + seq + ")";
    }

    @Override
    public int compareTo(Place other) {
      int byLsn = Long.compareUnsigned(lsn, other.lsn);
      return byLsn != 0 ? byLsn : Long.compare(seq, other.seq);
    }
  }
}
