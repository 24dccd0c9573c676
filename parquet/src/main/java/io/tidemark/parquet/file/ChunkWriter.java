package io.tidemark.parquet.file;

import io.tidemark.api.model.Vector;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.PageWriter;
import org.apache.parquet.column.statistics.Statistics;

/**
 * Writes one column chunk: gathers values into a page, chooses the encoding with the first page in
 * hand, hands full pages on.
 *
 * <p>Values come by one of two ways, never mixed within a row: flat columns by {@link #rows}, a run
 * of a vector at once; nested ones entry by entry through {@link #level} and {@link #value}, with
 * {@link #endRow} behind each row.
 */
abstract sealed class ChunkWriter permits NumberChunk, BytesChunk, FloatChunk, BooleanChunk {
  /** Entries after which a page ends. */
  static final int PAGE_ENTRIES = 1 << 16;

  /** Bytes of values after which a page ends; a larger value makes a larger page. */
  static final int PAGE_BYTES = 1 << 20;

  final ColumnDescriptor column;
  final Levels levels;
  final Scratch scratch;
  private final PageWriter pages;

  ChunkWriter(ColumnDescriptor column, PageWriter pages, Scratch scratch) {
    this.column = column;
    this.pages = pages;
    this.scratch = scratch;
    this.levels = new Levels(column);
  }

  /** The writer that fits a column's physical type. */
  static ChunkWriter of(ColumnDescriptor column, PageWriter pages, Scratch scratch) {
    return switch (column.getPrimitiveType().getPrimitiveTypeName()) {
      case INT32, INT64 -> new NumberChunk(column, pages, scratch);
      case BINARY, FIXED_LEN_BYTE_ARRAY -> new BytesChunk(column, pages, scratch);
      case FLOAT, DOUBLE -> new FloatChunk(column, pages, scratch);
      case BOOLEAN -> new BooleanChunk(column, pages, scratch);
      case INT96 -> throw new IllegalArgumentException("Cannot write INT96: it is not used here.");
    };
  }

  /** Appends rows {@code from} to {@code to} (exclusive) of a flat column. */
  final void rows(Vector vector, int from, int to) throws IOException {
    int at = from;
    while (at < to) {
      int end = Math.min(to, at + PAGE_ENTRIES - levels.entries());
      at = vector.nullCount() == 0 ? some(vector, at, end) : someWithNulls(vector, at, end);
      endRow();
    }
  }

  /** Appends rows that are null at depth 0. */
  final void nullRows(int count) throws IOException {
    int left = count;
    while (left > 0) {
      int now = Math.min(left, PAGE_ENTRIES - levels.entries());
      levels.addRows(0, now);
      left -= now;
      endRow();
    }
  }

  /** Appends an entry's levels; one of the largest depth must be followed by its value. */
  final void level(int repetition, int definition) {
    levels.add(repetition, definition);
  }

  /** Appends element {@code i} of a vector, which is not null. */
  final void value(Vector vector, int i) {
    values(vector, i, i + 1);
  }

  /** Ends the page where it is full. To be called between rows only. */
  final void endRow() throws IOException {
    if (levels.entries() >= PAGE_ENTRIES || bufferedBytes() >= PAGE_BYTES) {
      flushPage();
    }
  }

  /** Writes the last page and what belongs before the pages. */
  final void finish() throws IOException {
    if (levels.entries() > 0) {
      flushPage();
    }
    finishChunk(pages);
  }

  private int some(Vector vector, int from, int to) throws IOException {
    int end = take(vector, from, to);
    levels.addRows(levels.maxDefinition(), end - from);
    return end;
  }

  /** Appends the values of as many elements as the page has room for. */
  private int take(Vector vector, int from, int to) throws IOException {
    if (levels.entries() > 0 && needsOwnPage(vector, from)) {
      flushPage();
    }
    int end = fitting(vector, from, to);
    values(vector, from, end);
    return end;
  }

  private int someWithNulls(Vector vector, int from, int to) throws IOException {
    int defined = levels.maxDefinition();
    int at = from;
    while (at < to) {
      int run = at;
      while (run < to && vector.isNull(run)) {
        run++;
      }
      if (run > at) {
        levels.addRows(defined - 1, run - at);
        at = run;
      }
      while (run < to && !vector.isNull(run)) {
        run++;
      }
      if (run > at) {
        int end = take(vector, at, run);
        levels.addRows(defined, end - at);
        if (end < run) {
          return end;
        }
        at = run;
      }
    }
    return at;
  }

  private void flushPage() throws IOException {
    Statistics<?> statistics = Statistics.createStats(column.getPrimitiveType());
    Encoded encoded = encode(statistics);
    statistics.incrementNumNulls(levels.nulls());
    Statistics<?> told =
        encoded.bounded
            ? statistics
            : Statistics.getBuilderForReading(column.getPrimitiveType()).build();
    pages.writePageV2(
        levels.rows(),
        levels.nulls(),
        levels.entries(),
        levels.repetitionBytes(),
        levels.definitionBytes(),
        encoded.encoding,
        encoded.bytes,
        told);
    levels.reset();
    scratch.trim();
  }

  /**
   * A page's values.
   *
   * @param bounded whether lowest and highest value were told
   */
  record Encoded(Encoding encoding, BytesInput bytes, boolean bounded) {}

  /** Whether an element is so large that it should not be copied. */
  boolean needsOwnPage(Vector vector, int i) {
    return false;
  }

  /** How far of the elements {@code from} to {@code to}, none null, the page has room for. */
  int fitting(Vector vector, int from, int to) {
    return to;
  }

  /** Appends elements, none of which is null. */
  abstract void values(Vector vector, int from, int to);

  /** Bytes gathered for the page. */
  abstract long bufferedBytes();

  /** Encodes the page's values, tells their bounds, and begins the next page. */
  abstract Encoded encode(Statistics<?> statistics) throws IOException;

  /** Writes the dictionary where there is one. */
  void finishChunk(PageWriter writer) throws IOException {}
}
