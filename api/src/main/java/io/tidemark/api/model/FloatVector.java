package io.tidemark.api.model;

import java.util.Arrays;

/** IEEE 754 numbers of 32 bits. */
public final class FloatVector extends Vector {
  private float[] values;

  FloatVector(int capacity) {
    values = new float[capacity];
  }

  /** Appends a value. */
  public void add(float value) {
    int at = next();
    if (at == values.length) {
      values = Arrays.copyOf(values, grown(at, at + 1L));
    }
    values[at] = value;
  }

  /** The value of a non-null element. */
  public float get(int i) {
    return values[i];
  }

  /** The elements themselves; only the first {@link #size()} count. Not to be written to. */
  public float[] values() {
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
    add(((FloatVector) other).values[i]);
  }
}
