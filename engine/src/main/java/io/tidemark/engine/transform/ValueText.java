package io.tidemark.engine.transform;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.StructVector;
import io.tidemark.api.model.Vector;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.StringJoiner;
import java.util.UUID;

/**
 * One text for each value, the same for equal values: scalars much as PostgreSQL writes them, lists
 * and composites in brackets. What masks hash and dead letters show.
 */
public final class ValueText {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
          .toFormatter(java.util.Locale.ROOT);

  private ValueText() {}

  /** The text of element {@code i}; null for a null. */
  public static String of(DataType type, Vector vector, int i) {
    if (vector.isNull(i)) {
      return null;
    } else if (vector instanceof BooleanVector bools) {
      return bools.get(i) ? "t" : "f";
    } else if (vector instanceof IntVector ints) {
      return type instanceof DataType.Date
          ? LocalDate.ofEpochDay(ints.get(i)).toString()
          : Integer.toString(ints.get(i));
    } else if (vector instanceof LongVector longs) {
      return ofLong(type, longs.get(i));
    } else if (vector instanceof FloatVector floats) {
      return Float.toString(floats.get(i));
    } else if (vector instanceof DoubleVector doubles) {
      return Double.toString(doubles.get(i));
    } else if (vector instanceof BytesVector bytes) {
      return ofBytes(type, bytes, i);
    } else if (vector instanceof ListVector list) {
      StringJoiner text = new StringJoiner(",", "{", "}");
      for (int at = list.start(i); at < list.end(i); at++) {
        text.add(quoted(of(((DataType.ListOf) type).element(), list.elements(), at)));
      }
      return text.toString();
    }
    StringJoiner text = new StringJoiner(",", "(", ")");
    DataType.Struct struct = (DataType.Struct) type;
    for (int field = 0; field < struct.fields().size(); field++) {
      Vector values = ((StructVector) vector).fields().get(field);
      text.add(quoted(of(struct.fields().get(field).type(), values, i)));
    }
    return text.toString();
  }

  private static String quoted(String text) {
    return text == null ? "NULL" : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  private static String ofLong(DataType type, long value) {
    if (type instanceof DataType.Decimal decimal) {
      return BigDecimal.valueOf(value, decimal.scale()).toPlainString();
    } else if (type instanceof DataType.Time) {
      return LocalTime.ofNanoOfDay(value * 1000).format(TIME);
    } else if (type instanceof DataType.Timestamp timestamp) {
      LocalDateTime at =
          LocalDateTime.ofEpochSecond(
              Math.floorDiv(value, 1_000_000L),
              (int) Math.floorMod(value, 1_000_000L) * 1000,
              ZoneOffset.UTC);
      return at.toLocalDate() + " " + at.format(TIME) + (timestamp.utc() ? "+00" : "");
    }
    return Long.toString(value);
  }

  private static String ofBytes(DataType type, BytesVector bytes, int i) {
    if (type instanceof DataType.Decimal decimal) {
      return new BigDecimal(new BigInteger(bytes.get(i)), decimal.scale()).toPlainString();
    } else if (type instanceof DataType.Uuid) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes.get(i));
      return new UUID(buffer.getLong(), buffer.getLong()).toString();
    } else if (type instanceof DataType.Bytes) {
      return "\\x" + HexFormat.of().formatHex(bytes.get(i));
    }
    return bytes.text(i);
  }
}
