package io.tidemark.parquet.file;

import io.tidemark.api.model.ChangeBatch;

/**
 * Some rows of a batch behind one another.
 *
 * @param from the first row
 * @param to the first row past the run
 */
public record RowRun(ChangeBatch batch, int from, int to) {
  /** All rows of a batch. */
  public static RowRun all(ChangeBatch batch) {
    return new RowRun(batch, 0, batch.size());
  }

  /** Number of rows. */
  public int rows() {
    return to - from;
  }
}
