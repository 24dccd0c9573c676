package io.tidemark.api.model;

import java.util.Arrays;

/** Signed 32-bit numbers: smallint, integer, days of dates. */
public final class IntVector extends Vector {
  private int[] values;

  IntVector(int capacity) {
    values = new int[capacity];
  }

  /** Appends a value. */
  public void add(int value) {
    int at = next();
    if (at == values.length) {
      values = Arrays.copyOf(values, grown(at, at + 1L));
    }
    values[at] = value;
  }

  /** The value of a non-null element. */
  public int get(int i) {
    return values[i];
  }

  /** The elements themselves; only the first {@link #size()} count. Not to be written to. */
  public int[] values() {
    return values;
  }

  @Override
  public long bytes() {
    return (long) size() * 4 + nullBytes();
  }

  @Override
  void addDefault() {
    add(0);
  }

  @Override
  void copyFrom(Vector other, int i) {
    add(((IntVector) other).values[i]);
  }
}
