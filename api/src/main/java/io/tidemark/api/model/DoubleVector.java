package io.tidemark.api.model;

import java.util.Arrays;

/** IEEE 754 numbers of 64 bits. */
public final class DoubleVector extends Vector {
  private double[] values;

  DoubleVector(int capacity) {
    values = new double[capacity];
  }

  /** Appends a value. */
  public void add(double value) {
    int at = next();
    if (at == values.length) {
      values = Arrays.copyOf(values, grown(at, at + 1L));
    }
    values[at] = value;
  }

  /** The value of a non-null element. */
  public double get(int i) {
    return values[i];
  }

  /** The elements themselves; only the first {@link #size()} count. Not to be written to. */
  public double[] values() {
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
    add(((DoubleVector) other).values[i]);
  }
}
