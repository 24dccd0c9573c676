package io.tidemark.parquet.file;

import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForInteger;
import org.apache.parquet.column.values.delta.DeltaBinaryPackingValuesWriterForLong;

/**
 * Memory that one encoding thread uses again for each column chunk, so that many small chunks cost
 * no allocation. One chunk at a time.
 */
final class Scratch {
  private static final int SLAB = 4096;
  private static final int LARGE = 8 << 20;
  private long[] numbers = new long[1024];
  private byte[] bytes = new byte[16 << 10];
  private int[] ints = new int[1024];
  private int[] indexes = new int[1024];
  private final DeltaBinaryPackingValuesWriterForLong longDeltas =
      new DeltaBinaryPackingValuesWriterForLong(
          SLAB, ChunkWriter.PAGE_BYTES, HeapByteBufferAllocator.getInstance());
  private final DeltaBinaryPackingValuesWriterForInteger intDeltas =
      new DeltaBinaryPackingValuesWriterForInteger(
          SLAB, ChunkWriter.PAGE_BYTES, HeapByteBufferAllocator.getInstance());

  /** Room for numbers; what it holds is kept when it grows. */
  long[] numbers(int length) {
    if (numbers.length < length) {
      numbers = Arrays.copyOf(numbers, grown(numbers.length, length));
    }
    return numbers;
  }

  /** Room for bytes; what it holds is kept when it grows. */
  byte[] bytes(int length) {
    if (bytes.length < length) {
      bytes = Arrays.copyOf(bytes, grown(bytes.length, length));
    }
    return bytes;
  }

  /** Room for ints; what it holds is kept when it grows. */
  int[] ints(int length) {
    if (ints.length < length) {
      ints = Arrays.copyOf(ints, grown(ints.length, length));
    }
    return ints;
  }

  /** Room for places in a dictionary; what it holds is lost when it grows. */
  int[] indexes(int length) {
    if (indexes.length < length) {
      indexes = new int[grown(indexes.length, length)];
    }
    return indexes;
  }

  /** Numbers as packed differences; valid until the next call. */
  BytesInput deltas(boolean wide, long[] values, int size) {
    if (wide) {
      longDeltas.reset();
      for (int i = 0; i < size; i++) {
        longDeltas.writeLong(values[i]);
      }
      return longDeltas.getBytes();
    }
    intDeltas.reset();
    for (int i = 0; i < size; i++) {
      intDeltas.writeInteger((int) values[i]);
    }
    return intDeltas.getBytes();
  }

  /** The lengths between ends as packed differences; valid until the next call. */
  BytesInput lengths(int[] ends, int size) {
    intDeltas.reset();
    int start = 0;
    for (int i = 0; i < size; i++) {
      intDeltas.writeInteger(ends[i] - start);
      start = ends[i];
    }
    return intDeltas.getBytes();
  }

  /** A page of places in a dictionary: the width of a place, then the places. */
  static BytesInput indexes(HybridEncoder encoder, int[] places, int size, int dictionarySize) {
    int width = 32 - Integer.numberOfLeadingZeros(dictionarySize - 1);
    encoder.restart(width);
    for (int i = 0; i < size; i++) {
      encoder.add(places[i]);
    }
    return BytesInput.concat(BytesInput.from(new byte[] {(byte) width}), encoder.finish());
  }

  /** Lets go of what one very large value needed. */
  void trim() {
    if (bytes.length > LARGE) {
      bytes = new byte[ChunkWriter.PAGE_BYTES];
    }
  }

  private static int grown(int length, int needed) {
    return (int) Math.max(needed, Math.min(length * 2L, length + (long) LARGE));
  }
}
