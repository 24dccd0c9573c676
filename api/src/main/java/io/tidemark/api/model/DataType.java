package io.tidemark.api.model;

import java.util.List;

/**
 * How the values of a column are held in a {@link Vector}: the destination-neutral side of a
 * PostgreSQL type. A value that its data type cannot hold exactly (NaN in a decimal, infinity in a
 * timestamp, a two-dimensional array in a list) is never bent to fit: the vector says null and
 * {@link ColumnData#raw} keeps PostgreSQL's text of it.
 */
public sealed interface DataType {
  /** Two values. {@link BooleanVector}. */
  record Bool() implements DataType {}

  /**
   * Signed integers of 16, 32 or 64 bits. {@link IntVector} for the first two, {@link LongVector}
   * for the last.
   */
  record Int(int bits) implements DataType {}

  /**
   * IEEE 754 numbers of 32 or 64 bits, NaN and infinities included. {@link FloatVector}, {@link
   * DoubleVector}.
   */
  record Float(int bits) implements DataType {}

  /**
   * Exact decimals, 1 to 38 digits of which {@code scale} (0 to precision) stand behind the point.
   * Up to 18 digits as the unscaled number in a {@link LongVector}; above as 16 bytes of two's
   * complement, big-endian, in a {@link BytesVector}.
   */
  record Decimal(int precision, int scale) implements DataType {
    /** The largest precision that a {@link LongVector} holds. */
    public static final int LONG_DIGITS = 18;

    /** The largest precision at all; wider numbers are {@link Text}. */
    public static final int MAX_DIGITS = 38;

    public Decimal {
      if (precision < 1 || precision > MAX_DIGITS || scale < 0 || scale > precision) {
        throw new IllegalArgumentException(
            "Cannot hold numeric(" + precision + "," + scale + ") as a decimal.");
      }
    }

    /** Whether the unscaled number is held in a {@link LongVector}. */
    public boolean isLong() {
      return precision <= LONG_DIGITS;
    }
  }

  /**
   * UTF-8 text; also the canonical text of every type that has no closer form. {@link BytesVector}.
   */
  record Text() implements DataType {}

  /** A JSON document as text (PostgreSQL's json and jsonb). {@link BytesVector}. */
  record Json() implements DataType {}

  /** Bytes. {@link BytesVector}. */
  record Bytes() implements DataType {}

  /** 16 bytes, big-endian. {@link BytesVector}. */
  record Uuid() implements DataType {}

  /** Days since 1970-01-01, proleptic Gregorian. {@link IntVector}. */
  record Date() implements DataType {}

  /** Microseconds since midnight, 0 to 86,399,999,999. {@link LongVector}. */
  record Time() implements DataType {}

  /**
   * Microseconds since 1970-01-01 00:00: in UTC where {@code utc} (timestamp with time zone), on
   * the wall clock where not. {@link LongVector}.
   */
  record Timestamp(boolean utc) implements DataType {}

  /** One-dimensional arrays with lower bound 1. {@link ListVector}. */
  record ListOf(DataType element) implements DataType {}

  /** Composite values. {@link StructVector}. */
  record Struct(List<Field> fields) implements DataType {
    public Struct {
      fields = List.copyOf(fields);
    }
  }

  /**
   * One attribute of a composite.
   *
   * @param name unique within the composite
   */
  record Field(String name, DataType type) {}
}
