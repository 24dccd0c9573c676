package io.tidemark.parquet.file;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.UUIDLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;

/** Values of key columns as a person writes them. */
final class KeyText {
  private KeyText() {}

  /**
   * Tells whether a leaf's present value is the one that is written.
   *
   * @throws IllegalArgumentException where the text is no value of the type, or the type cannot be
   *     looked for; the message follows a colon
   */
  static Predicate<ColumnReader> matcher(PrimitiveType type, String text) {
    try {
      return switch (type.getPrimitiveTypeName()) {
        case INT32 -> {
          int value = Math.toIntExact(number(type, text));
          yield reader -> reader.getInteger() == value;
        }
        case INT64 -> {
          long value = number(type, text);
          yield reader -> reader.getLong() == value;
        }
        case BINARY, FIXED_LEN_BYTE_ARRAY -> {
          byte[] value = bytes(type, text);
          yield reader -> Arrays.equals(reader.getBinary().getBytesUnsafe(), value);
        }
        case BOOLEAN -> {
          boolean value = text.equals("true") || text.equals("t");
          yield reader -> reader.getBoolean() == value;
        }
        default ->
            throw new IllegalArgumentException(
                "column " + type.getName() + " is a floating-point number");
      };
    } catch (ArithmeticException | DateTimeException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "what is given for column " + type.getName() + " is no value of its type", e);
    }
  }

  private static long number(PrimitiveType type, String text) {
    LogicalTypeAnnotation annotation = type.getLogicalTypeAnnotation();
    if (annotation instanceof DecimalLogicalTypeAnnotation decimal) {
      return new BigDecimal(text).setScale(decimal.getScale()).unscaledValue().longValueExact();
    } else if (annotation instanceof DateLogicalTypeAnnotation) {
      return LocalDate.parse(text).toEpochDay();
    } else if (annotation instanceof TimestampLogicalTypeAnnotation timestamp) {
      String iso = text.replace(' ', 'T');
      Instant instant =
          timestamp.isAdjustedToUTC()
              ? OffsetDateTime.parse(iso.matches(".*[+-][0-9]{2}") ? iso + ":00" : iso).toInstant()
              : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
      return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    }
    return Long.parseLong(text);
  }

  private static byte[] bytes(PrimitiveType type, String text) {
    LogicalTypeAnnotation annotation = type.getLogicalTypeAnnotation();
    if (annotation instanceof UUIDLogicalTypeAnnotation) {
      UUID value = UUID.fromString(text);
      return ByteBuffer.allocate(16)
          .putLong(value.getMostSignificantBits())
          .putLong(value.getLeastSignificantBits())
          .array();
    } else if (annotation instanceof DecimalLogicalTypeAnnotation decimal) {
      BigInteger unscaled = new BigDecimal(text).setScale(decimal.getScale()).unscaledValue();
      byte[] wide = new byte[16];
      byte[] shortest = unscaled.toByteArray();
      Arrays.fill(wide, (byte) (unscaled.signum() < 0 ? -1 : 0));
      System.arraycopy(shortest, 0, wide, 16 - shortest.length, shortest.length);
      return wide;
    } else if (annotation == null && text.startsWith("\\x")) {
      return HexFormat.of().parseHex(text, 2, text.length());
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
