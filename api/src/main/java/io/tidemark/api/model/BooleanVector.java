package io.tidemark.api.model;

import java.util.Arrays;

/** Booleans. */
public final class BooleanVector extends Vector {
  private boolean[] values;

  BooleanVector(int capacity) {
    values = new boolean[capacity];
  }

  /** Appends a value. */
  public void add(boolean value) {
    int at = next();
    if (at == values.length) {
      values = Arrays.copyOf(values, grown(at, at + 1L));
    }
    values[at] = value;
  }

  /** The value of a non-null element. */
  public boolean get(int i) {
    return values[i];
  }

  /** The elements themselves; only the first {@link #size()} count. Not to be written to. */
  public boolean[] values() {
    return values;
  }

  @Override
  public long bytes() {
    return (long) size() * 1 + nullBytes();
  }

  @Override
  void addDefault() {
    add(false);
  }

  @Override
  void copyFrom(Vector other, int i) {
    add(((BooleanVector) other).values[i]);
  }
}
