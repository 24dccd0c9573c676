package io.tidemark.parquet.file;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Vector;
import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.BinaryStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Runs of bytes: a dictionary while values come again, else packed lengths and the bytes behind one
 * another; plain where all have one length.
 */
final class BytesChunk extends ChunkWriter {
  /** Bytes above which a value is taken from its vector directly. */
  private static final int LARGE = 8 << 20;

  private static final int SAMPLE = 2048;
  private static final int LARGEST_DICTIONARY = 1 << 16;
  private static final int LARGEST_DICTIONARY_BYTES = 1 << 20;
  private static final int LONGEST_BOUND = 64;

  private final boolean fixed;
  private final boolean bounded;
  private int count;
  private int length;
  private BytesInput large;
  private BytesIndex dictionary;
  private boolean decided;
  private boolean dictionaryOpen;
  private HybridEncoder places;

  BytesChunk(ColumnDescriptor column, PageWriter pages, Scratch scratch) {
    super(column, pages, scratch);
    fixed =
        column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY;
    var annotation = column.getPrimitiveType().getLogicalTypeAnnotation();
    // Decimals compare as numbers, and nobody looks for a range of JSON documents.
    bounded =
        !(annotation instanceof DecimalLogicalTypeAnnotation
            || annotation instanceof JsonLogicalTypeAnnotation);
  }

  @Override
  boolean needsOwnPage(Vector vector, int i) {
    return !fixed && ((BytesVector) vector).length(i) > LARGE;
  }

  @Override
  int fitting(Vector vector, int from, int to) {
    BytesVector values = (BytesVector) vector;
    int room = Math.max(1, PAGE_BYTES - length);
    int start = values.start(from);
    if (values.end(to - 1) - start <= room) {
      return to;
    }
    int end = from + 1;
    if (needsOwnPage(vector, from)) {
      return end;
    }
    while (end < to && values.end(end) - start <= room) {
      end++;
    }
    return end;
  }

  @Override
  void values(Vector vector, int from, int to) {
    BytesVector values = (BytesVector) vector;
    int start = values.start(from);
    int bytes = values.end(to - 1) - start;
    if (count == 0 && to == from + 1 && needsOwnPage(vector, from)) {
      large = BytesInput.from(values.data(), start, bytes);
      scratch.ints(1)[0] = bytes;
      count = 1;
      length = bytes;
      return;
    }
    System.arraycopy(values.data(), start, scratch.bytes(length + bytes), length, bytes);
    int[] ends = scratch.ints(count + to - from);
    int shift = length - start;
    for (int i = from, at = count; i < to; i++, at++) {
      ends[at] = values.end(i) + shift;
    }
    count += to - from;
    length += bytes;
  }

  /** Appends bytes as the value of the entry whose levels were appended last. */
  void bytes(byte[] source, int from, int to) {
    System.arraycopy(source, from, scratch.bytes(length + to - from), length, to - from);
    length += to - from;
    scratch.ints(count + 1)[count] = length;
    count++;
  }

  /** Appends rows of a flat column that all have the same value of one byte. */
  void repeat(byte value, int times) throws IOException {
    int left = times;
    while (left > 0) {
      int now = Math.min(left, PAGE_ENTRIES - levels.entries());
      Arrays.fill(scratch.bytes(length + now), length, length + now, value);
      int[] ends = scratch.ints(count + now);
      for (int i = 0; i < now; i++) {
        ends[count + i] = length + i + 1;
      }
      count += now;
      length += now;
      levels.addRows(levels.maxDefinition(), now);
      left -= now;
      endRow();
    }
  }

  @Override
  long bufferedBytes() {
    return length;
  }

  @Override
  Encoded encode(Statistics<?> statistics) throws IOException {
    int size = count;
    count = 0;
    if (large != null) {
      return encodeLarge();
    }
    byte[] data = scratch.bytes(length);
    int[] ends = scratch.ints(size);
    int bytes = length;
    length = 0;
    if (size == 0) {
      return new Encoded(Encoding.PLAIN, BytesInput.empty(), true);
    }
    if (fixed) {
      boolean told = bounded && tellBounds(data, ends, size, statistics);
      return new Encoded(Encoding.PLAIN, BytesInput.from(data, 0, bytes), told);
    }
    if (!decided) {
      decided = true;
      dictionaryOpen = comesAgain(data, ends, size);
    }
    if (dictionaryOpen) {
      Encoded encoded = encodePlaces(data, ends, size, statistics);
      if (encoded != null) {
        return encoded;
      }
    }
    boolean told = bounded && tellBounds(data, ends, size, statistics);
    return new Encoded(
        Encoding.DELTA_LENGTH_BYTE_ARRAY,
        BytesInput.concat(scratch.lengths(ends, size), BytesInput.from(data, 0, bytes)),
        told);
  }

  private Encoded encodeLarge() {
    BytesInput value = large;
    large = null;
    length = 0;
    return new Encoded(
        Encoding.DELTA_LENGTH_BYTE_ARRAY,
        BytesInput.concat(scratch.lengths(scratch.ints(1), 1), value),
        false);
  }

  private static boolean comesAgain(byte[] data, int[] ends, int size) {
    BytesIndex sample = new BytesIndex();
    int step = Math.max(1, size / SAMPLE);
    int looked = 0;
    for (int i = 0; i < size; i += step) {
      sample.place(data, i == 0 ? 0 : ends[i - 1], ends[i]);
      looked++;
    }
    return sample.size() * 2 <= looked && sample.bytes() <= LARGEST_DICTIONARY_BYTES / 4;
  }

  /** The values as places in the dictionary; null where it would grow too large. */
  private Encoded encodePlaces(byte[] data, int[] ends, int size, Statistics<?> statistics) {
    if (dictionary == null) {
      dictionary = new BytesIndex();
      places = new HybridEncoder(0);
    }
    int[] indexes = scratch.indexes(size);
    int start = 0;
    for (int i = 0; i < size; i++) {
      indexes[i] = dictionary.place(data, start, ends[i]);
      start = ends[i];
      if (dictionary.size() > LARGEST_DICTIONARY || dictionary.bytes() > LARGEST_DICTIONARY_BYTES) {
        dictionaryOpen = false;
        return null;
      }
    }
    boolean told = bounded && tellBounds(indexes, size, statistics);
    return new Encoded(
        Encoding.RLE_DICTIONARY, Scratch.indexes(places, indexes, size, dictionary.size()), told);
  }

  private boolean tellBounds(int[] indexes, int size, Statistics<?> statistics) {
    boolean[] seen = new boolean[dictionary.size()];
    for (int i = 0; i < size; i++) {
      seen[indexes[i]] = true;
    }
    Bounds bounds = new Bounds(dictionary.data());
    for (int place = 0; place < seen.length; place++) {
      if (seen[place]) {
        bounds.add(dictionary.start(place), dictionary.end(place));
      }
    }
    return bounds.tell(statistics);
  }

  private static boolean tellBounds(byte[] data, int[] ends, int size, Statistics<?> statistics) {
    Bounds bounds = new Bounds(data);
    int start = 0;
    for (int i = 0; i < size; i++) {
      bounds.add(start, ends[i]);
      start = ends[i];
    }
    return bounds.tell(statistics);
  }

  /** Lowest and highest value as unsigned bytes. */
  private static final class Bounds {
    private final byte[] data;
    private int lowStart = -1;
    private int lowEnd;
    private int highStart;
    private int highEnd;

    Bounds(byte[] data) {
      this.data = data;
    }

    void add(int start, int end) {
      if (lowStart < 0) {
        lowStart = highStart = start;
        lowEnd = highEnd = end;
      } else if (Arrays.compareUnsigned(data, start, end, data, lowStart, lowEnd) < 0) {
        lowStart = start;
        lowEnd = end;
      } else if (Arrays.compareUnsigned(data, start, end, data, highStart, highEnd) > 0) {
        highStart = start;
        highEnd = end;
      }
    }

    boolean tell(Statistics<?> statistics) {
      if (lowEnd - lowStart > LONGEST_BOUND || highEnd - highStart > LONGEST_BOUND) {
        return false;
      }
      ((BinaryStatistics) statistics)
          .setMinMax(
              Binary.fromConstantByteArray(Arrays.copyOfRange(data, lowStart, lowEnd)),
              Binary.fromConstantByteArray(Arrays.copyOfRange(data, highStart, highEnd)));
      return true;
    }
  }

  @Override
  void finishChunk(PageWriter writer) throws IOException {
    if (dictionary == null) {
      return;
    }
    byte[] plain = new byte[dictionary.bytes() + 4 * dictionary.size()];
    int at = 0;
    for (int place = 0; place < dictionary.size(); place++) {
      int start = dictionary.start(place);
      int bytes = dictionary.end(place) - start;
      for (int shift = 0; shift < 4; shift++) {
        plain[at++] = (byte) (bytes >>> 8 * shift);
      }
      System.arraycopy(dictionary.data(), start, plain, at, bytes);
      at += bytes;
    }
    writer.writeDictionaryPage(
        new DictionaryPage(BytesInput.from(plain), dictionary.size(), Encoding.PLAIN));
  }
}
