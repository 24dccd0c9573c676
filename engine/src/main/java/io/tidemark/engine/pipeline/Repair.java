package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.BatchCodec;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * Rows that a copy should have at a position and has not.
 *
 * @param sink the copy, by its name in the pipeline
 * @param table its name at the source
 * @param version of the table's form under which the rows are
 * @param position at which the pipeline stays; the rows lie just below it
 * @param rows what {@link BatchCodec} wrote, in the source's form: an UPDATE for each row that the
 *     source has, a DELETE for each key that it has not
 */
public record Repair(String sink, TableName table, int version, Lsn position, ByteBuffer rows) {
  /**
   * The rows.
   *
   * @param newest the table's form as the pipeline knows it
   */
  ChangeBatch batch(TableSchema newest) {
    if (newest == null || newest.version() != version) {
      throw refused("its form has changed. Verify again");
    }
    ChangeBatch batch;
    try {
      batch = BatchCodec.read(rows, newest);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot repair " + table + ": the rows are damaged. Send them again.",
          e);
    }
    for (int i = 0; i < batch.size(); i++) {
      if (batch.commitLsn(i) != position.value() - 1 || batch.xid(i) != 0) {
        throw new TidemarkException(
            ErrorCode.USAGE,
            "Cannot repair " + table + ": a row does not lie just below " + position + ".");
      }
    }
    return batch;
  }

  /** Why it cannot be done now. */
  TidemarkException refused(String reason) {
    return new TidemarkException(
        ErrorCode.BUSY, "Cannot repair " + table + " at " + position + ": " + reason + ".");
  }
}
