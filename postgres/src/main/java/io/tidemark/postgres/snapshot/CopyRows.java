package io.tidemark.postgres.snapshot;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import java.util.List;

/**
 * Reads rows of COPY's binary format (manual, "COPY", Binary Format) into batches. The server sends
 * one message for each row, the header before the first row in the same message.
 */
final class CopyRows {
  private static final int BATCH_ROWS = 65_536;
  private static final int BATCH_BYTES = 8 << 20;
  private static final int LOOK_EVERY = 1024;
  private static final int SIGNATURE = 11;

  private final CopyPlan plan;
  private final CopyStamp stamp;
  private final long maxRowBytes;
  private final CopySink sink;
  private final boolean[] binary;
  private ChangeBatch batch;
  private long bytesRead;
  private boolean headerRead;

  CopyRows(CopyPlan plan, CopyStamp stamp, long maxRowBytes, CopySink sink) {
    this.plan = plan;
    this.stamp = stamp;
    this.maxRowBytes = maxRowBytes;
    this.sink = sink;
    this.binary = new boolean[plan.columns().size()];
    for (int i = 0; i < binary.length; i++) {
      binary[i] = plan.columns().get(i).binary();
    }
    this.batch = new ChangeBatch(plan.schema());
  }

  /** Takes one message of the COPY. */
  void message(byte[] data) throws InterruptedException {
    int at = headerRead ? 0 : header(data);
    headerRead = true;
    while (at < data.length) {
      int fields = (short) (data[at] << 8 | data[at + 1] & 0xFF);
      at += 2;
      if (fields == -1) {
        return;
      }
      if (fields != binary.length) {
        throw protocol("a row has " + fields + " fields, expected " + binary.length);
      }
      if (data.length > maxRowBytes) {
        throw new TidemarkException(
            ErrorCode.LIMIT_EXCEEDED,
            "Cannot copy table "
                + plan.name()
                + ": a row has "
                + data.length
                + " bytes, more than max-row-bytes "
                + maxRowBytes
                + ". Raise max-row-bytes (and the heap), or leave the table out.");
      }
      at = row(data, at);
    }
    bytesRead += data.length;
    if (batch.size() >= BATCH_ROWS
        || bytesRead >= BATCH_BYTES
        || (batch.size() % LOOK_EVERY == 0 && batch.bytes() >= BATCH_BYTES)) {
      handOver();
    }
  }

  /** Hands over what was read since. */
  void end() throws InterruptedException {
    handOver();
  }

  private void handOver() throws InterruptedException {
    if (batch.size() > 0) {
      sink.rows(batch);
      batch = new ChangeBatch(plan.schema());
      bytesRead = 0;
    }
  }

  private int header(byte[] data) {
    if (data.length < SIGNATURE + 8 || data[0] != 'P' || data[6] != '\n') {
      throw protocol("the header is not COPY's");
    }
    return SIGNATURE + 8 + int32(data, SIGNATURE + 4);
  }

  private int row(byte[] data, int from) {
    batch.addRow(Op.READ, stamp.commitLsn(), stamp.nextOrdinal(), 0, stamp.takenAtMicros());
    if (plan.leaf().isPresent()) {
      batch.leaf(plan.leaf().get());
    }
    int at = from;
    List<ColumnData> columns = batch.columns();
    for (int i = 0; i < binary.length; i++) {
      int length = int32(data, at);
      at += 4;
      ColumnData column = columns.get(i);
      if (length < 0) {
        column.vector().addNull();
        continue;
      }
      if (length > data.length - at) {
        throw protocol("a field goes beyond its message");
      }
      if (binary[i]) {
        plan.columns().get(i).codec().binary(data, at, length, column);
      } else {
        plan.columns().get(i).codec().text(data, at, length, column);
      }
      at += length;
    }
    return at;
  }

  private int int32(byte[] data, int at) {
    if (at + 4 > data.length) {
      throw protocol("a row goes beyond its message");
    }
    return data[at] << 24
        | (data[at + 1] & 0xFF) << 16
        | (data[at + 2] & 0xFF) << 8
        | data[at + 3] & 0xFF;
  }

  private TidemarkException protocol(String reason) {
    return new TidemarkException(
        ErrorCode.SOURCE_PROTOCOL, "Cannot copy table " + plan.name() + ": " + reason + ".");
  }
}
