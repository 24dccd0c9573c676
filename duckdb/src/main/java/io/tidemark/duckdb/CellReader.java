package io.tidemark.duckdb;

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Blob;
import java.sql.SQLException;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Takes the values of a result column out of the driver, whatever its type, without loss.
 *
 * <p>The driver turns times into the JVM's zone, where a wall clock time may not exist, and cannot
 * give 24:00; so times leave DuckDB as text, also inside lists and structs.
 */
final class CellReader {
  private static final Set<String> AS_THEY_ARE =
      Set.of(
          "BOOLEAN",
          "TINYINT",
          "SMALLINT",
          "INTEGER",
          "BIGINT",
          "HUGEINT",
          "UTINYINT",
          "USMALLINT",
          "UINTEGER",
          "UBIGINT",
          "UHUGEINT",
          "FLOAT",
          "DOUBLE",
          "VARCHAR",
          "BLOB");
  private static final Pattern TIME =
      Pattern.compile(
          "(\\d+)-(\\d\\d)-(\\d\\d)( \\(BC\\))?(?: (\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?)(\\+00)?)?");

  /** A JSON document. */
  record JsonText(String text) {
    @Override
    public String toString() {
      return text;
    }
  }

  private final TypeName type;

  CellReader(String type) {
    this.type = TypeName.parse(type);
  }

  /** Whether values are numbers. */
  boolean isNumber() {
    return !type.isNested()
        && (type.head().startsWith("DECIMAL")
            || (AS_THEY_ARE.contains(type.head())
                && !Set.of("BOOLEAN", "VARCHAR", "BLOB").contains(type.head())));
  }

  /** What is asked of DuckDB for a column, so that {@link #read} understands it. */
  String select(String column) {
    String form = form(type);
    return form.equals(type.head()) ? column : "CAST(" + column + " AS " + form + ")";
  }

  private static String form(TypeName type) {
    if (type.isList()) {
      String length = type.length() < 0 ? "" : Integer.toString(type.length());
      return form(type.parts().get(0)) + "[" + length + "]";
    }
    if (AS_THEY_ARE.contains(type.head()) || type.head().startsWith("DECIMAL")) {
      return type.head();
    }
    if (type.head().equals("MAP")) {
      return type.parts().stream()
          .map(CellReader::form)
          .collect(Collectors.joining(", ", "MAP(", ")"));
    }
    if (!type.head().equals("STRUCT")) {
      return "VARCHAR";
    }
    List<String> fields = new ArrayList<>();
    for (int i = 0; i < type.fields().size(); i++) {
      fields.add(SqlText.name(type.fields().get(i)) + " " + form(type.parts().get(i)));
    }
    return "STRUCT(" + String.join(", ", fields) + ")";
  }

  /**
   * A value as Boolean, Integer, Long, BigInteger, BigDecimal, Float, Double, String, {@code
   * byte[]}, {@link JsonText}, List or Map; null for NULL. Times are ISO 8601 text.
   */
  Object read(Object value) throws SQLException {
    return read(type, value);
  }

  private static Object read(TypeName type, Object value) throws SQLException {
    if (value == null) {
      return null;
    } else if (type.isList()) {
      List<Object> items = new ArrayList<>();
      for (Object item : (Object[]) ((Array) value).getArray()) {
        items.add(read(type.parts().get(0), item));
      }
      return items;
    } else if (type.head().equals("STRUCT")) {
      Object[] attributes = ((Struct) value).getAttributes();
      Map<String, Object> fields = new LinkedHashMap<>();
      for (int i = 0; i < attributes.length; i++) {
        fields.put(type.fields().get(i), read(type.parts().get(i), attributes[i]));
      }
      return fields;
    } else if (type.head().equals("MAP")) {
      Map<String, Object> entries = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        Object key = read(type.parts().get(0), entry.getKey());
        entries.put(String.valueOf(key), read(type.parts().get(1), entry.getValue()));
      }
      return entries;
    }
    return plain(type.head(), value);
  }

  private static Object plain(String head, Object value) throws SQLException {
    if (value instanceof Blob blob) {
      return blob.getBytes(1, (int) blob.length());
    } else if (head.equals("JSON")) {
      return new JsonText(value.toString());
    } else if (head.startsWith("TIMESTAMP") || head.equals("DATE")) {
      return iso(value.toString());
    } else if (value instanceof Number || value instanceof Boolean || value instanceof byte[]) {
      return value;
    }
    return value.toString();
  }

  /** ISO 8601 of DuckDB's text of a date or a time: 44 BC is the year -0043. */
  private static String iso(String text) {
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      return text;
    }
    int year = Integer.parseInt(time.group(1));
    String signed =
        time.group(4) != null
            ? String.format("%s%04d", year == 1 ? "" : "-", year - 1)
            : year > 9999 ? "+" + year : time.group(1);
    return signed
        + "-"
        + time.group(2)
        + "-"
        + time.group(3)
        + (time.group(5) == null ? "" : "T" + time.group(5))
        + (time.group(6) == null ? "" : "Z");
  }

  /** A value as one text, for people. */
  static String text(Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    } else if (value instanceof byte[] bytes) {
      return "\\x" + java.util.HexFormat.of().formatHex(bytes);
    } else if (value instanceof List<?> || value instanceof Map<?, ?>) {
      return JsonWriter.of(value);
    }
    return String.valueOf(value);
  }
}
