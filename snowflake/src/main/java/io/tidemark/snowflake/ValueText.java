package io.tidemark.snowflake;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
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
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
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
import java.util.List;
import java.util.UUID;

/** Texts of values: those that Snowflake reads back as the same value, else PostgreSQL's own. */
final class ValueText {
  private static final long MICROS = 1_000_000;
  private static final int LAST_YEAR = 9999;
  private static final JsonFactory JSON = new JsonFactory();
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
          .toFormatter(java.util.Locale.ROOT);

  /**
   * A text.
   *
   * @param text of the value
   * @param held whether Snowflake's type holds the value; where not, the text is PostgreSQL's
   */
  record Said(String text, boolean held) {}

  private ValueText() {}

  /** The text of element {@code i}, which is not null. */
  static Said of(DataType type, Vector from, int i) {
    if (type instanceof DataType.Date) {
      LocalDate date = LocalDate.ofEpochDay(((IntVector) from).get(i));
      return new Said(date(date) + era(date), inRange(date));
    } else if (type instanceof DataType.Time) {
      return new Said(time(((LongVector) from).get(i)), true);
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp(timestamp.utc(), ((LongVector) from).get(i));
    } else if (type instanceof DataType.Uuid) {
      ByteBuffer bytes = ByteBuffer.wrap(((BytesVector) from).get(i));
      return new Said(new UUID(bytes.getLong(), bytes.getLong()).toString(), true);
    } else if (type instanceof DataType.Bytes) {
      return new Said(HexFormat.of().formatHex(((BytesVector) from).get(i)), true);
    } else if (type instanceof DataType.ListOf || type instanceof DataType.Struct) {
      return new Said(json(type, from, i), true);
    }
    return new Said(((BytesVector) from).text(i), true);
  }

  private static boolean inRange(LocalDate date) {
    return date.getYear() >= 1 && date.getYear() <= LAST_YEAR;
  }

  private static String date(LocalDate date) {
    int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
    return String.format(
        java.util.Locale.ROOT, "%04d-%02d-%02d", year, date.getMonthValue(), date.getDayOfMonth());
  }

  private static String era(LocalDate date) {
    return date.getYear() > 0 ? "" : " BC";
  }

  private static String time(long micros) {
    return TIME.format(LocalTime.ofNanoOfDay(micros * 1000));
  }

  private static Said timestamp(boolean utc, long micros) {
    LocalDateTime at =
        LocalDateTime.ofEpochSecond(
            Math.floorDiv(micros, MICROS),
            (int) Math.floorMod(micros, MICROS) * 1000,
            ZoneOffset.UTC);
    boolean held = inRange(at.toLocalDate());
    String zone = !utc ? "" : held ? "+00:00" : "+00";
    return new Said(
        date(at.toLocalDate()) + " " + TIME.format(at.toLocalTime()) + zone + era(at.toLocalDate()),
        held);
  }

  private static String json(DataType type, Vector from, int i) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      write(json, type, from, i);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, DataType type, Vector from, int i)
      throws IOException {
    if (from.isNull(i)) {
      json.writeNull();
    } else if (from instanceof ListVector list) {
      json.writeStartArray();
      for (int at = list.start(i); at < list.end(i); at++) {
        write(json, ((DataType.ListOf) type).element(), list.elements(), at);
      }
      json.writeEndArray();
    } else if (from instanceof StructVector struct) {
      json.writeStartObject();
      List<DataType.Field> fields = ((DataType.Struct) type).fields();
      for (int field = 0; field < fields.size(); field++) {
        json.writeFieldName(fields.get(field).name());
        write(json, fields.get(field).type(), struct.fields().get(field), i);
      }
      json.writeEndObject();
    } else if (from instanceof BooleanVector bools) {
      json.writeBoolean(bools.get(i));
    } else if (type instanceof DataType.Int
        || type instanceof DataType.Float
        || type instanceof DataType.Decimal) {
      number(json, type, from, i);
    } else {
      json.writeString((type instanceof DataType.Bytes ? "\\x" : "") + of(type, from, i).text());
    }
  }

  private static void number(JsonGenerator json, DataType type, Vector from, int i)
      throws IOException {
    if (type instanceof DataType.Decimal decimal) {
      json.writeNumber(decimal(decimal, from, i).toPlainString());
    } else if (from instanceof IntVector ints) {
      json.writeNumber(ints.get(i));
    } else if (from instanceof LongVector longs) {
      json.writeNumber(longs.get(i));
    } else if (from instanceof FloatVector floats) {
      json.writeNumber(floats.get(i)); // what is no number is a string there
    } else {
      json.writeNumber(((DoubleVector) from).get(i));
    }
  }

  private static BigDecimal decimal(DataType.Decimal type, Vector from, int i) {
    return from instanceof LongVector longs
        ? BigDecimal.valueOf(longs.get(i), type.scale())
        : new BigDecimal(new BigInteger(((BytesVector) from).get(i)), type.scale());
  }
}
