package io.tidemark.api.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Runs of bytes behind one another: UTF-8 text, JSON, bytea, UUIDs, decimals of more than 18
 * digits.
 */
public final class BytesVector extends Vector {
  private static final int BYTES_GUESSED = 12;
  private byte[] data;
  private int[] ends;

  BytesVector(int capacity) {
    data = new byte[Math.max(16, capacity) * BYTES_GUESSED];
    ends = new int[capacity];
  }

  /** Appends a copy of {@code length} bytes. */
  public void add(byte[] source, int offset, int length) {
    int start = reserve(length);
    System.arraycopy(source, offset, data, start, length);
  }

  /** Appends a copy of the bytes. */
  public void add(byte[] source) {
    add(source, 0, source.length);
  }

  /** Appends the UTF-8 form of a text. */
  public void add(String text) {
    add(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Appends an element of {@code length} bytes that the caller writes itself, at once, into {@link
   * #data()} from the index that is returned.
   */
  public int reserve(int length) {
    int at = next();
    int start = at == 0 ? 0 : ends[at - 1];
    long end = (long) start + length;
    if (end > data.length) {
      data = Arrays.copyOf(data, grown(data.length, end));
    }
    if (at == ends.length) {
      ends = Arrays.copyOf(ends, grown(at, at + 1L));
    }
    ends[at] = (int) end;
    return start;
  }

  /** Where element {@code i} begins in {@link #data()}. */
  public int start(int i) {
    return i == 0 ? 0 : ends[i - 1];
  }

  /** Where element {@code i} ends in {@link #data()}, exclusive. */
  public int end(int i) {
    return ends[i];
  }

  /** Length of element {@code i} in bytes; 0 for a null. */
  public int length(int i) {
    return ends[i] - start(i);
  }

  /** All elements behind one another. Not to be written to but after {@link #reserve}. */
  public byte[] data() {
    return data;
  }

  /** A copy of the bytes of element {@code i}. */
  public byte[] get(int i) {
    return Arrays.copyOfRange(data, start(i), ends[i]);
  }

  /** Element {@code i} read as UTF-8. */
  public String text(int i) {
    return new String(data, start(i), length(i), StandardCharsets.UTF_8);
  }

  @Override
  public long bytes() {
    return (size() == 0 ? 0 : ends[size() - 1]) + size() * 4L + nullBytes();
  }

  @Override
  void addDefault() {
    reserve(0);
  }

  @Override
  void copyFrom(Vector other, int i) {
    BytesVector from = (BytesVector) other;
    add(from.data, from.start(i), from.length(i));
  }
}
