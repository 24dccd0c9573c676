package io.tidemark.parquet.file;

import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.IntStatistics;
import org.apache.parquet.column.statistics.LongStatistics;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/**
 * Whole numbers of 32 or 64 bits: packed differences, or a dictionary where a column has few values
 * that lie far apart or only one.
 */
final class NumberChunk extends ChunkWriter {
  private static final int SAMPLE = 1024;
  private static final int FEW = 64;
  private static final int NEAR_BITS = 12;
  private static final int LARGEST_DICTIONARY = 4096;

  private final boolean wide;
  private int count;
  private NumberIndex dictionary;
  private boolean decided;
  private boolean dictionaryOpen;
  private HybridEncoder places;

  NumberChunk(ColumnDescriptor column, PageWriter pages, Scratch scratch) {
    super(column, pages, scratch);
    wide = column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT64;
  }

  @Override
  void values(Vector vector, int from, int to) {
    long[] numbers = scratch.numbers(count + to - from);
    if (vector instanceof LongVector longs) {
      System.arraycopy(longs.values(), from, numbers, count, to - from);
    } else {
      int[] ints = ((IntVector) vector).values();
      for (int i = from, at = count; i < to; i++, at++) {
        numbers[at] = ints[i];
      }
    }
    count += to - from;
  }

  /** Whether numbers have 64 bits. */
  boolean isWide() {
    return wide;
  }

  /** Appends a number as the value of the entry whose levels were appended last. */
  void number(long value) {
    scratch.numbers(count + 1)[count] = value;
    count++;
  }

  /** Appends rows of a flat, required column. */
  void numbers(long[] source, int from, int to) throws IOException {
    int at = from;
    while (at < to) {
      int end = Math.min(to, at + PAGE_ENTRIES - levels.entries());
      System.arraycopy(source, at, scratch.numbers(count + end - at), count, end - at);
      count += end - at;
      levels.addRows(levels.maxDefinition(), end - at);
      at = end;
      endRow();
    }
  }

  @Override
  long bufferedBytes() {
    return count * 8L;
  }

  @Override
  Encoded encode(Statistics<?> statistics) throws IOException {
    long[] numbers = scratch.numbers(count);
    int size = count;
    count = 0;
    if (size == 0) {
      return new Encoded(Encoding.PLAIN, BytesInput.empty(), true);
    }
    tellBounds(numbers, size, statistics);
    if (dictionaryOpen) {
      BytesInput encoded = encodePlaces(numbers, size);
      if (encoded != null) {
        return new Encoded(Encoding.RLE_DICTIONARY, encoded, true);
      }
    }
    return new Encoded(Encoding.DELTA_BINARY_PACKED, scratch.deltas(wide, numbers, size), true);
  }

  private void tellBounds(long[] numbers, int size, Statistics<?> statistics) {
    long min = numbers[0];
    long max = min;
    for (int i = 1; i < size; i++) {
      min = Math.min(min, numbers[i]);
      max = Math.max(max, numbers[i]);
    }
    if (statistics instanceof LongStatistics longs) {
      longs.setMinMax(min, max);
    } else {
      ((IntStatistics) statistics).setMinMax((int) min, (int) max);
    }
    if (!decided) {
      decided = true;
      dictionaryOpen = min == max || isFewAndFar(numbers, size, max - min);
    }
  }

  private static boolean isFewAndFar(long[] numbers, int size, long span) {
    if (64 - Long.numberOfLeadingZeros(span) <= NEAR_BITS) {
      return false;
    }
    NumberIndex sample = new NumberIndex();
    int step = Math.max(1, size / SAMPLE);
    for (int i = 0; i < size && sample.size() <= FEW; i += step) {
      sample.place(numbers[i]);
    }
    return sample.size() <= FEW && sample.size() * 4L <= size;
  }

  /** The numbers as places in the dictionary; null where it would grow too large. */
  private BytesInput encodePlaces(long[] numbers, int size) {
    if (dictionary == null) {
      dictionary = new NumberIndex();
      places = new HybridEncoder(0);
    }
    int[] indexes = scratch.indexes(size);
    for (int i = 0; i < size; i++) {
      indexes[i] = dictionary.place(numbers[i]);
      if (dictionary.size() > LARGEST_DICTIONARY) {
        dictionaryOpen = false;
        return null;
      }
    }
    return Scratch.indexes(places, indexes, size, dictionary.size());
  }

  @Override
  void finishChunk(PageWriter writer) throws IOException {
    if (dictionary == null) {
      return;
    }
    int width = wide ? 8 : 4;
    byte[] plain = new byte[dictionary.size() * width];
    for (int place = 0, at = 0; place < dictionary.size(); place++, at += width) {
      for (int shift = 0; shift < width; shift++) {
        plain[at + shift] = (byte) (dictionary.key(place) >>> 8 * shift);
      }
    }
    writer.writeDictionaryPage(
        new DictionaryPage(BytesInput.from(plain), dictionary.size(), Encoding.PLAIN));
  }
}
