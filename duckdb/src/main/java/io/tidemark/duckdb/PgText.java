package io.tidemark.duckdb;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import java.sql.Array;
import java.sql.SQLException;
import java.sql.Struct;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads values of a column out of DuckDB as PostgreSQL's text of them: what the output function of
 * the column's type prints with {@code DateStyle ISO}, {@code TimeZone UTC}, {@code bytea_output
 * hex} and {@code extra_float_digits 1}; {@code t} for true, {@code char(n)} with its blanks.
 */
final class PgText {
  private static final long DAY = 86_400_000_000L;

  private PgText() {}

  /** What is asked of DuckDB for a value, so that {@link #of} understands it. */
  static String select(DataType type, String value) {
    if (type instanceof DataType.Date) {
      return "(" + value + " - DATE '1970-01-01')";
    } else if (type instanceof DataType.Time) {
      return "epoch_us(" + value + ")";
    } else if (type instanceof DataType.Timestamp) {
      // DuckDB takes the highest number, which is a time to PostgreSQL, for infinity.
      return "CASE WHEN "
          + value
          + " = 'infinity' THEN "
          + Long.MAX_VALUE
          + " ELSE epoch_us("
          + value
          + ") END";
    } else if (type instanceof DataType.Bytes) {
      return "lower(hex(" + value + "))";
    } else if (type instanceof DataType.ListOf list) {
      return "list_transform(" + value + ", lambda e: " + select(list.element(), "e") + ")";
    } else if (type instanceof DataType.Struct struct) {
      List<String> fields = new ArrayList<>();
      for (DataType.Field field : struct.fields()) {
        String part = "struct_extract(" + value + ", " + SqlText.value(field.name()) + ")";
        fields.add(SqlText.name(field.name()) + " := " + select(field.type(), part));
      }
      return "CASE WHEN "
          + value
          + " IS NOT NULL THEN struct_pack("
          + String.join(", ", fields)
          + ") END";
    } else if (type instanceof DataType.Bool
        || type instanceof DataType.Int
        || type instanceof DataType.Float) {
      return value;
    }
    return "CAST(" + value + " AS VARCHAR)";
  }

  /** The text of a column's value; null for null. */
  static String of(Column column, Object value) throws SQLException {
    return value == null
        ? null
        : element(column.type(), value, column.pgType().startsWith("box[") ? ';' : ',');
  }

  /** The text, also as it stands within an array or a composite, but for its quotes. */
  private static String element(DataType type, Object value, char delimiter) throws SQLException {
    if (type instanceof DataType.Bool) {
      return (Boolean) value ? "t" : "f";
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 32
          ? PgNumber.text(((Number) value).floatValue())
          : PgNumber.text(((Number) value).doubleValue());
    } else if (type instanceof DataType.Bytes) {
      return "\\x" + value;
    } else if (type instanceof DataType.Date) {
      return date(((Number) value).longValue(), "");
    } else if (type instanceof DataType.Time) {
      return time(((Number) value).longValue());
    } else if (type instanceof DataType.Timestamp timestamp) {
      long micros = ((Number) value).longValue();
      String time = " " + time(Math.floorMod(micros, DAY)) + (timestamp.utc() ? "+00" : "");
      return date(Math.floorDiv(micros, DAY), time);
    } else if (type instanceof DataType.Decimal) {
      return decimal(value.toString());
    } else if (type instanceof DataType.ListOf list) {
      return array(list, (Object[]) ((Array) value).getArray(), delimiter);
    } else if (type instanceof DataType.Struct struct) {
      return composite(struct, ((Struct) value).getAttributes());
    }
    return value.toString();
  }

  /** DuckDB leaves out the zero before the point where a type has no digits there. */
  private static String decimal(String text) {
    if (text.startsWith(".")) {
      return "0" + text;
    }
    return text.startsWith("-.") ? "-0" + text.substring(1) : text;
  }

  private static String date(long day, String time) {
    LocalDate date = LocalDate.ofEpochDay(day);
    int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
    String text =
        String.format(
            Locale.ROOT,
            "%04d-%02d-%02d%s",
            year,
            date.getMonthValue(),
            date.getDayOfMonth(),
            time);
    return date.getYear() > 0 ? text : text + " BC";
  }

  private static String time(long micros) {
    long seconds = micros / 1_000_000;
    String text =
        String.format(
            Locale.ROOT, "%02d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    long fraction = micros % 1_000_000;
    if (fraction == 0) {
      return text;
    }
    String digits = String.format(Locale.ROOT, "%06d", fraction);
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    return text + "." + digits.substring(0, end);
  }

  private static String array(DataType.ListOf type, Object[] items, char delimiter)
      throws SQLException {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < items.length; i++) {
      if (i > 0) {
        text.append(delimiter);
      }
      if (items[i] == null) {
        text.append("NULL");
        continue;
      }
      String item = element(type.element(), items[i], ',');
      boolean quote =
          item.isEmpty()
              || item.equalsIgnoreCase("NULL")
              || item.chars().anyMatch(c -> c == delimiter || isSpecial(c, "\"\\{}"));
      text.append(quote ? '"' + item.replace("\\", "\\\\").replace("\"", "\\\"") + '"' : item);
    }
    return text.append('}').toString();
  }

  private static String composite(DataType.Struct type, Object[] values) throws SQLException {
    StringBuilder text = new StringBuilder("(");
    for (int i = 0; i < values.length; i++) {
      if (i > 0) {
        text.append(',');
      }
      if (values[i] == null) {
        continue;
      }
      String item = element(type.fields().get(i).type(), values[i], ',');
      boolean quote = item.isEmpty() || item.chars().anyMatch(c -> isSpecial(c, "\"\\(),"));
      text.append(quote ? '"' + item.replace("\\", "\\\\").replace("\"", "\"\"") + '"' : item);
    }
    return text.append(')').toString();
  }

  /** PostgreSQL's isspace, and the signs of the form. */
  private static boolean isSpecial(int c, String signs) {
    return c == ' ' || (c >= '\t' && c <= '\r') || signs.indexOf(c) >= 0;
  }
}
