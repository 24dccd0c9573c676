package io.tidemark.engine.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.time.temporal.Temporal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * Values that people write, from JSON: single values as {@link ValueText} shows them, or as numbers
 * and booleans of JSON; lists as arrays, composites as objects by their fields' names, a JSON
 * document as itself or as its text.
 */
public final class ValueRead {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int WIDE_BYTES = 16;
  private static final DateTimeFormatter WITH_ZONE =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
          .appendOffset("+HH:mm", "Z")
          .toFormatter(java.util.Locale.ROOT);

  private ValueRead() {}

  /**
   * Appends a value.
   *
   * @throws IllegalArgumentException with the words that follow "it is ", when it does not fit the
   *     type; without the value. Of lists and composites a part may have been appended then
   */
  public static void append(DataType type, Vector to, JsonNode value) {
    if (value.isNull()) {
      to.addNull();
    } else if (to instanceof ListVector list) {
      appendList(((DataType.ListOf) type).element(), list, value);
    } else if (to instanceof StructVector struct) {
      appendStruct(((DataType.Struct) type).fields(), struct, value);
    } else if (type instanceof DataType.Json) {
      ((BytesVector) to).add(document(value));
    } else if (value.isContainerNode()) {
      throw new IllegalArgumentException("no single value");
    } else {
      try {
        appendSingle(type, to, value.asText());
      } catch (ArithmeticException | DateTimeException | NumberFormatException e) {
        throw new IllegalArgumentException("no value of the type, or out of its range", e);
      }
    }
  }

  private static void appendList(DataType element, ListVector to, JsonNode value) {
    if (!value.isArray()) {
      throw new IllegalArgumentException("no JSON array");
    }
    value.forEach(each -> append(element, to.elements(), each));
    to.endList();
  }

  private static void appendStruct(List<DataType.Field> fields, StructVector to, JsonNode value) {
    if (!value.isObject()) {
      throw new IllegalArgumentException("no JSON object");
    }
    List<String> names = fields.stream().map(DataType.Field::name).toList();
    value
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                throw new IllegalArgumentException(
                    "an object with a field '" + name + "', which the type does not have");
              }
            });
    for (int i = 0; i < fields.size(); i++) {
      JsonNode part = value.path(fields.get(i).name());
      append(
          fields.get(i).type(), to.fields().get(i), part.isMissingNode() ? JSON.nullNode() : part);
    }
    to.endStruct();
  }

  private static String document(JsonNode value) {
    if (!value.isTextual()) {
      return value.toString();
    }
    try {
      if (JSON.readTree(value.asText()).isMissingNode()) {
        throw new IllegalArgumentException("no JSON document");
      }
      return value.asText();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON document", e);
    }
  }

  private static void appendSingle(DataType type, Vector to, String text) {
    if (to instanceof BooleanVector bools) {
      bools.add(bool(text));
    } else if (to instanceof IntVector ints) {
      ints.add(type instanceof DataType.Date ? date(text) : integer((DataType.Int) type, text));
    } else if (to instanceof LongVector longs) {
      longs.add(longOf(type, text));
    } else if (to instanceof FloatVector floats) {
      floats.add(Float.parseFloat(text));
    } else if (to instanceof DoubleVector doubles) {
      doubles.add(Double.parseDouble(text));
    } else {
      ((BytesVector) to).add(bytes(type, text));
    }
  }

  private static boolean bool(String text) {
    if (List.of("t", "true", "f", "false").contains(text)) {
      return text.startsWith("t");
    }
    throw new IllegalArgumentException("neither true nor false");
  }

  private static int date(String text) {
    return Math.toIntExact(LocalDate.parse(text).toEpochDay());
  }

  private static int integer(DataType.Int type, String text) {
    int number = Integer.parseInt(text);
    if (type.bits() == Short.SIZE && number != (short) number) {
      throw new ArithmeticException("beyond 16 bits");
    }
    return number;
  }

  private static long longOf(DataType type, String text) {
    if (type instanceof DataType.Decimal decimal) {
      return number(decimal, text).unscaledValue().longValueExact();
    } else if (type instanceof DataType.Time) {
      return whole(LocalTime.parse(text)).toNanoOfDay() / 1000;
    } else if (type instanceof DataType.Timestamp timestamp) {
      String iso = text.replace(' ', 'T');
      return micros(
          timestamp.utc()
              ? whole(OffsetDateTime.parse(iso, WITH_ZONE))
              : whole(LocalDateTime.parse(iso)).atOffset(ZoneOffset.UTC));
    }
    return Long.parseLong(text);
  }

  private static <T extends Temporal> T whole(T time) {
    if (time.get(ChronoField.NANO_OF_SECOND) % 1000 != 0) {
      throw new DateTimeException("more than microseconds");
    }
    return time;
  }

  private static long micros(OffsetDateTime at) {
    return ChronoUnit.MICROS.between(OffsetDateTime.of(1970, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC), at);
  }

  private static BigDecimal number(DataType.Decimal type, String text) {
    BigDecimal number = new BigDecimal(text).setScale(type.scale());
    if (number.precision() > type.precision()) {
      throw new ArithmeticException("too many digits");
    }
    return number;
  }

  private static byte[] bytes(DataType type, String text) {
    if (type instanceof DataType.Decimal decimal) {
      byte[] number = number(decimal, text).unscaledValue().toByteArray();
      byte[] wide = new byte[WIDE_BYTES];
      Arrays.fill(wide, 0, WIDE_BYTES - number.length, (byte) (number[0] < 0 ? -1 : 0));
      System.arraycopy(number, 0, wide, WIDE_BYTES - number.length, number.length);
      return wide;
    } else if (type instanceof DataType.Uuid) {
      UUID uuid = UUID.fromString(text);
      return ByteBuffer.allocate(16)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits())
          .array();
    } else if (type instanceof DataType.Bytes) {
      if (!text.startsWith("\\x")) {
        throw new IllegalArgumentException("not \\x and hexadecimal digits");
      }
      return HexFormat.of().parseHex(text.substring(2));
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("text with a sign that PostgreSQL does not take");
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
