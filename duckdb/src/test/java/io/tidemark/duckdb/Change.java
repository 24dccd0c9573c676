package io.tidemark.duckdb;

import java.util.Arrays;
import java.util.List;

/**
 * One change as a test writes it.
 *
 * @param cells the new row, or the old key or row of a delete; one for each column
 * @param old the old key or row of an update; null where there is none
 * @param leaf the leaf partition; null where there is none
 */
record Change(char op, long lsn, long seq, List<Cell> cells, List<Cell> old, String leaf) {
  /** A change whose values are texts, Cells or null. */
  static Change of(char op, long lsn, long seq, Object... values) {
    return new Change(op, lsn, seq, cells(values), null, null);
  }

  static Change truncate(long lsn, long seq) {
    return new Change('t', lsn, seq, List.of(), null, null);
  }

  Change old(Object... values) {
    return new Change(op, lsn, seq, cells, cells(values), leaf);
  }

  Change in(String partition) {
    return new Change(op, lsn, seq, cells, old, partition);
  }

  private static List<Cell> cells(Object... values) {
    return Arrays.stream(values)
        .map(value -> value instanceof Cell cell ? cell : Cell.of((String) value))
        .toList();
  }
}
