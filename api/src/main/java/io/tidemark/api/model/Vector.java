package io.tidemark.api.model;

import java.util.Arrays;

/**
 * The values of one column, held in primitive arrays: row {@code i} of the batch is element {@code
 * i}. A vector is grown by one thread, element after element, and never changed once its batch has
 * been handed over; from then on any number of threads may read it.
 *
 * <p>Readers on the fast path take the arrays themselves ({@code values()}): these may be longer
 * than {@link #size()}, and what they hold at a null element is not defined.
 */
public abstract sealed class Vector
    permits BooleanVector,
        IntVector,
        LongVector,
        FloatVector,
        DoubleVector,
        BytesVector,
        ListVector,
        StructVector {
  /** The longest array that every JVM can allocate. */
  static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  private int size;
  private long[] nulls;
  private int nullCount;

  /** A new, empty vector for values of a type. */
  public static Vector of(DataType type) {
    return of(type, 16);
  }

  /** A new, empty vector with room for a number of values before it grows. */
  public static Vector of(DataType type, int capacity) {
    if (type instanceof DataType.Bool) {
      return new BooleanVector(capacity);
    } else if (type instanceof DataType.Int integer) {
      return integer.bits() == 64 ? new LongVector(capacity) : new IntVector(capacity);
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 64 ? new DoubleVector(capacity) : new FloatVector(capacity);
    } else if (type instanceof DataType.Decimal decimal) {
      return decimal.isLong() ? new LongVector(capacity) : new BytesVector(capacity);
    } else if (type instanceof DataType.Date) {
      return new IntVector(capacity);
    } else if (type instanceof DataType.Time || type instanceof DataType.Timestamp) {
      return new LongVector(capacity);
    } else if (type instanceof DataType.ListOf list) {
      return new ListVector(of(list.element(), capacity), capacity);
    } else if (type instanceof DataType.Struct struct) {
      return new StructVector(
          struct.fields().stream().map(field -> of(field.type(), capacity)).toArray(Vector[]::new));
    }
    return new BytesVector(capacity);
  }

  /** Number of elements, nulls included. */
  public final int size() {
    return size;
  }

  /** Whether element {@code i} (0 to size - 1) is null. */
  public final boolean isNull(int i) {
    return nulls != null && (i >> 6) < nulls.length && (nulls[i >> 6] & 1L << i) != 0;
  }

  /** Number of null elements; 0 lets a reader leave the look at each out. */
  public final int nullCount() {
    return nullCount;
  }

  /** Appends a null. */
  public final void addNull() {
    int at = size;
    addDefault();
    if (nulls == null) {
      nulls = new long[Math.max(1, at / 64 + 1)];
    } else if (at >> 6 >= nulls.length) {
      nulls = Arrays.copyOf(nulls, Math.max(nulls.length * 2, (at >> 6) + 1));
    }
    nulls[at >> 6] |= 1L << at;
    nullCount++;
  }

  /** Appends element {@code i} of a vector of the same class and type. */
  public final void addFrom(Vector other, int i) {
    if (other.isNull(i)) {
      addNull();
    } else {
      copyFrom(other, i);
    }
  }

  /** Takes elements back from the end, so that {@code newSize} are left; does nothing to fewer. */
  public final void truncate(int newSize) {
    if (newSize >= size) {
      return;
    }
    for (int word = newSize >> 6;
        nulls != null && word < nulls.length && word << 6 < size;
        word++) {
      long kept = word == newSize >> 6 ? (1L << newSize) - 1 : 0;
      nullCount -= Long.bitCount(nulls[word] & ~kept);
      nulls[word] &= kept;
    }
    size = newSize;
    truncated();
  }

  /** Bytes of memory that the elements take, roughly; what limits of memory are counted in. */
  public abstract long bytes();

  /** Appends an element whose value nobody reads. */
  abstract void addDefault();

  /** Appends the value of a non-null element of a vector of the same class. */
  abstract void copyFrom(Vector other, int i);

  /** Takes back what lies inside the elements that were taken back. */
  void truncated() {}

  /** Counts one element more and tells the place it has. */
  final int next() {
    return size++;
  }

  final long nullBytes() {
    return nulls == null ? 0 : nulls.length * 8L;
  }

  /** A longer length for an array that must hold {@code needed} elements. */
  static int grown(int length, long needed) {
    if (needed > MAX_ARRAY) {
      throw new IllegalStateException(
          "Cannot hold " + needed + " elements in one vector: hand the batch over earlier.");
    }
    return (int) Math.min(MAX_ARRAY, Math.max(needed, length + (long) (length >> 1) + 8));
  }
}
