package io.tidemark.api.model;

import java.util.Arrays;

/** Signed 64-bit numbers: bigint, microseconds, unscaled decimals of up to 18 digits. */
public final class LongVector extends Vector {
  private long[] values;

  LongVector(int capacity) {
    values = new long[capacity];
  }

  /** Appends a value. */
  public void add(long value) {
    int at = next();
    if (at == values.length) {
      values = Arrays.copyOf(values, grown(at, at + 1L));
    }
    values[at] = value;
  }

  /** The value of a non-null element. */
  public long get(int i) {
    return values[i];
  }

  /** The elements themselves; only the first {@link #size()} count. Not to be written to. */
  public long[] values() {
    return values;
  }

  @Override
  public long bytes() {
    return (long) size() * 8 + nullBytes();
  }

  @Override
  void addDefault() {
    add(0);
  }

  @Override
  void copyFrom(Vector other, int i) {
    add(((LongVector) other).values[i]);
  }
}
