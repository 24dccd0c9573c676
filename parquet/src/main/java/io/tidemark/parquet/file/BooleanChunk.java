package io.tidemark.parquet.file;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.Vector;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.Statistics;

/** Booleans, plain: one bit each, lowest first. */
final class BooleanChunk extends ChunkWriter {
  private int count;

  BooleanChunk(ColumnDescriptor column, PageWriter pages, Scratch scratch) {
    super(column, pages, scratch);
  }

  @Override
  void values(Vector vector, int from, int to) {
    boolean[] source = ((BooleanVector) vector).values();
    for (int i = from; i < to; i++) {
      bool(source[i]);
    }
  }

  /** Appends a boolean as the value of the entry whose levels were appended last. */
  void bool(boolean value) {
    byte[] data = scratch.bytes(count / 8 + 1);
    int bit = count & 7;
    if (bit == 0) {
      data[count >> 3] = 0;
    }
    if (value) {
      data[count >> 3] |= (byte) (1 << bit);
    }
    count++;
  }

  @Override
  long bufferedBytes() {
    return count / 8;
  }

  @Override
  Encoded encode(Statistics<?> statistics) {
    int bytes = (count + 7) / 8;
    boolean empty = count == 0;
    count = 0;
    return new Encoded(Encoding.PLAIN, BytesInput.from(scratch.bytes(bytes), 0, bytes), empty);
  }
}
