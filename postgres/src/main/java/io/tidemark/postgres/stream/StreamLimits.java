package io.tidemark.postgres.stream;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The bounds of the stream's memory and time.
 *
 * @param batchRows rows of one batch at most, 1 or more
 * @param batchBytes bytes of all batches being built at most, before they are handed over
 * @param linger how long a committed row waits for others at most before it is handed over, while
 *     its transaction is not the last to come; zero hands each transaction over by itself
 * @param maxRowBytes bytes of the largest row that is taken, as it comes in binary (an update with
 *     its old row may take twice as many, and so may text); the table of a larger one fails
 * @param streamedBytes memory for transactions in progress, all together; beyond it they are
 *     written to disk
 * @param spilledBytes local disk for them, all together; beyond it {@link SpillFullException}
 * @param directory where transactions in progress are written, for this stream alone: what an
 *     earlier process left there is deleted
 */
public record StreamLimits(
    int batchRows,
    long batchBytes,
    Duration linger,
    int maxRowBytes,
    long streamedBytes,
    long spilledBytes,
    Path directory) {
  private static final int MIB = 1 << 20;

  /** What a message holds beside values: five bytes for each of 1,600 columns of two rows. */
  private static final int FRAME_BYTES = 16 << 10;

  public StreamLimits {
    if (batchRows < 1
        || batchBytes < 1
        || maxRowBytes < 1
        || streamedBytes < 1
        || spilledBytes < 1) {
      throw new IllegalArgumentException(
          "Cannot bound the stream with %d rows, %d bytes a batch, %d bytes a row, %d bytes in progress, %d of them on disk: each must be 1 or more."
              .formatted(batchRows, batchBytes, maxRowBytes, streamedBytes, spilledBytes));
    }
  }

  /**
   * Bytes of the largest message of a type: an update may hold two rows, and the text of a value
   * may be twice as long as the value (bytea in hex).
   */
  long messageBytes(byte type, boolean binary) {
    long row = binary ? maxRowBytes : 2L * maxRowBytes;
    return (type == 'U' ? 2 * row : row) + FRAME_BYTES;
  }

  /**
   * The usual bounds: 65,536 rows, 8 MiB, 20 ms, rows to 64 MiB, 64 MiB in progress, 16 GiB on
   * disk.
   */
  public static StreamLimits usual(Path directory) {
    return new StreamLimits(
        65_536, 8L * MIB, Duration.ofMillis(20), 64 * MIB, 64L * MIB, 16_384L * MIB, directory);
  }
}
