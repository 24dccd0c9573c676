package io.tidemark.testkit;

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
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Java objects in and out of vectors, for tests: Boolean, Long (all integers), Float, Double,
 * BigDecimal, String (text and JSON), byte[], UUID, LocalDate, LocalTime, LocalDateTime, Instant
 * (timestamp with time zone), List (lists and composites), null.
 */
public final class Values {
  private Values() {}

  /** Appends a value to a vector of its type. */
  public static void append(DataType type, Vector to, Object value) {
    if (value == null) {
      to.addNull();
    } else if (to instanceof BooleanVector bools) {
      bools.add((Boolean) value);
    } else if (to instanceof IntVector ints) {
      ints.add(
          value instanceof LocalDate date ? (int) date.toEpochDay() : ((Number) value).intValue());
    } else if (to instanceof LongVector longs) {
      longs.add(asLong(type, value));
    } else if (to instanceof FloatVector floats) {
      floats.add((Float) value);
    } else if (to instanceof DoubleVector doubles) {
      doubles.add((Double) value);
    } else if (to instanceof BytesVector bytes) {
      bytes.add(asBytes(type, value));
    } else if (to instanceof ListVector list) {
      DataType element = ((DataType.ListOf) type).element();
      ((List<?>) value).forEach(each -> append(element, list.elements(), each));
      list.endList();
    } else if (to instanceof StructVector struct) {
      List<DataType.Field> fields = ((DataType.Struct) type).fields();
      for (int i = 0; i < fields.size(); i++) {
        append(fields.get(i).type(), struct.fields().get(i), ((List<?>) value).get(i));
      }
      struct.endStruct();
    }
  }

  private static long asLong(DataType type, Object value) {
    if (type instanceof DataType.Decimal decimal) {
      return ((BigDecimal) value).setScale(decimal.scale()).unscaledValue().longValueExact();
    } else if (value instanceof Instant instant) {
      return micros(instant);
    } else if (value instanceof LocalDateTime local) {
      return micros(local.toInstant(ZoneOffset.UTC));
    } else if (value instanceof LocalTime time) {
      return time.toNanoOfDay() / 1000;
    }
    return ((Number) value).longValue();
  }

  private static long micros(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), 1_000_000L), instant.getNano() / 1000);
  }

  private static byte[] asBytes(DataType type, Object value) {
    if (type instanceof DataType.Decimal decimal) {
      byte[] number = ((BigDecimal) value).setScale(decimal.scale()).unscaledValue().toByteArray();
      byte[] wide = new byte[16];
      java.util.Arrays.fill(wide, 0, 16 - number.length, (byte) (number[0] < 0 ? -1 : 0));
      System.arraycopy(number, 0, wide, 16 - number.length, number.length);
      return wide;
    } else if (value instanceof UUID uuid) {
      return ByteBuffer.allocate(16)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits())
          .array();
    } else if (value instanceof byte[] bytes) {
      return bytes;
    }
    return ((String) value).getBytes(StandardCharsets.UTF_8);
  }

  /** The value of element {@code i}. */
  public static Object read(DataType type, Vector from, int i) {
    if (from.isNull(i)) {
      return null;
    } else if (from instanceof BooleanVector bools) {
      return bools.get(i);
    } else if (from instanceof IntVector ints) {
      return type instanceof DataType.Date
          ? LocalDate.ofEpochDay(ints.get(i))
          : (Object) Long.valueOf(ints.get(i));
    } else if (from instanceof LongVector longs) {
      return ofLong(type, longs.get(i));
    } else if (from instanceof FloatVector floats) {
      return floats.get(i);
    } else if (from instanceof DoubleVector doubles) {
      return doubles.get(i);
    } else if (from instanceof BytesVector bytes) {
      return ofBytes(type, bytes.get(i));
    } else if (from instanceof ListVector list) {
      List<Object> elements = new ArrayList<>();
      for (int at = list.start(i); at < list.end(i); at++) {
        elements.add(read(((DataType.ListOf) type).element(), list.elements(), at));
      }
      return elements;
    }
    List<Object> fields = new ArrayList<>();
    List<Vector> parts = ((StructVector) from).fields();
    for (int field = 0; field < parts.size(); field++) {
      fields.add(read(((DataType.Struct) type).fields().get(field).type(), parts.get(field), i));
    }
    return fields;
  }

  private static Object ofLong(DataType type, long value) {
    if (type instanceof DataType.Decimal decimal) {
      return BigDecimal.valueOf(value, decimal.scale());
    } else if (type instanceof DataType.Time) {
      return LocalTime.ofNanoOfDay(value * 1000);
    } else if (type instanceof DataType.Timestamp timestamp) {
      Instant instant = Instant.EPOCH.plus(value, ChronoUnit.MICROS);
      return timestamp.utc() ? instant : LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
    return value;
  }

  private static Object ofBytes(DataType type, byte[] bytes) {
    if (type instanceof DataType.Decimal decimal) {
      return new BigDecimal(new BigInteger(bytes), decimal.scale());
    } else if (type instanceof DataType.Uuid) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new UUID(buffer.getLong(), buffer.getLong());
    } else if (type instanceof DataType.Bytes) {
      return bytes;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * One text for each value, whatever Java class a reader returned it as: integers of any width
   * alike, byte arrays as hexadecimal digits, timestamps with a zone as instants.
   */
  public static String text(Object value) {
    if (value == null) {
      return "null";
    } else if (value instanceof Byte
        || value instanceof Short
        || value instanceof Integer
        || value instanceof Long) {
      return Long.toString(((Number) value).longValue());
    } else if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    } else if (value instanceof byte[] bytes) {
      return "\\x" + java.util.HexFormat.of().formatHex(bytes);
    } else if (value instanceof java.time.OffsetDateTime at) {
      return at.toInstant().toString();
    } else if (value instanceof java.sql.Timestamp at) {
      return at.toLocalDateTime().toString();
    } else if (value instanceof java.sql.Date date) {
      return date.toLocalDate().toString();
    } else if (value instanceof List<?> list) {
      return list.stream().map(Values::text).toList().toString();
    } else if (value instanceof Object[] array) {
      return text(java.util.Arrays.asList(array));
    }
    return value.toString();
  }
}
