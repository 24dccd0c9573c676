package io.tidemark.parquet.file;

import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.Vector;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Floating-point numbers, plain and bit for bit. No bounds are told: readers disagree about NaN and
 * the two zeros.
 */
final class FloatChunk extends ChunkWriter {
  private static final VarHandle DOUBLE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle FLOAT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final int width;
  private int length;

  FloatChunk(ColumnDescriptor column, PageWriter pages, Scratch scratch) {
    super(column, pages, scratch);
    width = column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.DOUBLE ? 8 : 4;
  }

  @Override
  void values(Vector vector, int from, int to) {
    byte[] data = scratch.bytes(length + (to - from) * width);
    if (vector instanceof DoubleVector doubles) {
      double[] source = doubles.values();
      for (int i = from; i < to; i++, length += 8) {
        DOUBLE.set(data, length, Double.doubleToRawLongBits(source[i]));
      }
    } else {
      float[] source = ((FloatVector) vector).values();
      for (int i = from; i < to; i++, length += 4) {
        FLOAT.set(data, length, Float.floatToRawIntBits(source[i]));
      }
    }
  }

  /** Appends a number's bits as the value of the entry whose levels were appended last. */
  void bits(long bits) {
    byte[] data = scratch.bytes(length + width);
    for (int shift = 0; shift < width; shift++) {
      data[length++] = (byte) (bits >>> 8 * shift);
    }
  }

  @Override
  long bufferedBytes() {
    return length;
  }

  @Override
  Encoded encode(Statistics<?> statistics) {
    BytesInput plain = BytesInput.from(scratch.bytes(length), 0, length);
    boolean empty = length == 0;
    length = 0;
    return new Encoded(Encoding.PLAIN, plain, empty);
  }
}
