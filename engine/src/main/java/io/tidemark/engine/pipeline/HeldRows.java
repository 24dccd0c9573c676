package io.tidemark.engine.pipeline;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Op;

/**
 * Takes out of a batch what a copy holds already: a lane that is ahead of the place from which the
 * source resumed is given again what it has committed.
 */
final class HeldRows {
  private HeldRows() {}

  /**
   * The rows that a copy does not hold yet.
   *
   * @param tidemark end LSN of the copy's last commit; every row of an earlier commit has a lower
   *     commit LSN
   * @param copyBegan whether the running copy attempt of the table began in this run; then its rows
   *     are all new, however low they are stamped
   */
  static ChangeBatch without(ChangeBatch batch, long tidemark, boolean copyBegan) {
    ChangeBatch kept = null;
    for (int i = 0; i < batch.size(); i++) {
      boolean keep =
          Long.compareUnsigned(batch.commitLsn(i), tidemark) >= 0
              || copyBegan && isOfSnapshot(batch, i);
      if (keep && kept != null) {
        kept.addFrom(batch, i);
      } else if (!keep && kept == null) {
        kept = new ChangeBatch(batch.schema());
        for (int before = 0; before < i; before++) {
          kept.addFrom(batch, before);
        }
      }
    }
    return kept == null ? batch : kept;
  }

  /** Rows that a snapshot read, and the TRUNCATE that begins a copy attempt. */
  private static boolean isOfSnapshot(ChangeBatch batch, int i) {
    return batch.op(i) == Op.READ || batch.op(i) == Op.TRUNCATE && batch.xid(i) == 0;
  }
}
