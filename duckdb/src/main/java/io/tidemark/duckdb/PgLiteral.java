package io.tidemark.duckdb;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns PostgreSQL's text of a value into DuckDB's SQL of the same value. (Text forms of arrays and
 * composites: PostgreSQL manual, "Array Input and Output Syntax", "Composite Type Input and Output
 * Syntax".)
 */
public final class PgLiteral {
  private static final Pattern BC = Pattern.compile("(\\d+-\\d\\d-\\d\\d)(.*) BC");

  private PgLiteral() {}

  /** Whether the type can hold the value; where not, copies keep its text. */
  static boolean fits(DataType type, String text) {
    if (type instanceof DataType.Decimal) {
      return Character.isDigit(text.charAt(text.length() - 1));
    } else if (type instanceof DataType.Date || type instanceof DataType.Timestamp) {
      return !text.endsWith("infinity");
    } else if (type instanceof DataType.Time) {
      return !text.startsWith("24:");
    } else if (type instanceof DataType.ListOf list) {
      return text.startsWith("{")
          && (!text.startsWith("{{") || list.element() instanceof DataType.Struct)
          && elements(text, ',').stream().allMatch(e -> e == null || fits(list.element(), e));
    } else if (type instanceof DataType.Struct struct) {
      List<String> fields = fields(text);
      for (int i = 0; i < fields.size(); i++) {
        if (fields.get(i) != null && !fits(struct.fields().get(i).type(), fields.get(i))) {
          return false;
        }
      }
    }
    return true;
  }

  /** A column's value in SQL. */
  public static String of(Column column, String text) {
    // The elements of a box[] alone are parted by semicolons.
    return text != null
            && column.pgType().startsWith("box[")
            && column.type() instanceof DataType.ListOf list
        ? list(list, elements(text, ';'))
        : sql(column.type(), text);
  }

  /** A value in SQL. */
  static String sql(DataType type, String text) {
    if (text == null) {
      return ColumnTypes.cast("NULL", type);
    } else if (type instanceof DataType.Bytes) {
      return "from_hex(" + SqlText.value(text.substring(2)) + ")";
    } else if (type instanceof DataType.Date || type instanceof DataType.Timestamp) {
      Matcher bc = BC.matcher(text);
      String form = bc.matches() ? bc.group(1) + " (BC)" + bc.group(2) : text;
      return ColumnTypes.cast(SqlText.value(form), type);
    } else if (type instanceof DataType.ListOf list) {
      return list(list, elements(text, ','));
    } else if (type instanceof DataType.Struct struct) {
      return struct(struct, fields(text));
    }
    return ColumnTypes.cast(SqlText.value(text), type);
  }

  private static String list(DataType.ListOf type, List<String> elements) {
    List<String> items = new ArrayList<>();
    elements.forEach(element -> items.add(sql(type.element(), element)));
    return ColumnTypes.cast("[" + String.join(", ", items) + "]", type);
  }

  private static String struct(DataType.Struct type, List<String> values) {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < type.fields().size(); i++) {
      DataType.Field field = type.fields().get(i);
      String value = i < values.size() ? values.get(i) : null;
      items.add(SqlText.name(field.name()) + " := " + sql(field.type(), value));
    }
    return "struct_pack(" + String.join(", ", items) + ")";
  }

  /** The elements of an array of one dimension; null where an element is null. */
  private static List<String> elements(String text, char delimiter) {
    List<String> elements = new ArrayList<>();
    Part part = new Part(text, 1);
    while (text.charAt(part.at) != '}') {
      part.read("}" + delimiter);
      elements.add(!part.quoted && part.value.equalsIgnoreCase("NULL") ? null : part.value);
      if (text.charAt(part.at) == delimiter) {
        part.at++;
      }
    }
    return elements;
  }

  /** The attributes of a composite; null where one is null. */
  private static List<String> fields(String text) {
    List<String> fields = new ArrayList<>();
    Part part = new Part(text, 1);
    do {
      part.read("),");
      fields.add(!part.quoted && part.value.isEmpty() ? null : part.value);
    } while (text.charAt(part.at++) == ',');
    return fields;
  }

  /** Reads one value after another up to what ends it. */
  private static final class Part {
    private final String text;
    private int at;
    private String value = "";
    private boolean quoted;

    Part(String text, int at) {
      this.text = text;
      this.at = at;
    }

    void read(String ends) {
      StringBuilder out = new StringBuilder();
      quoted = false;
      boolean inside = false;
      for (; inside || ends.indexOf(text.charAt(at)) < 0; at++) {
        char c = text.charAt(at);
        if (c == '\\') {
          out.append(text.charAt(++at));
        } else if (c == '"' && inside && text.startsWith("\"\"", at)) {
          out.append(text.charAt(++at));
        } else if (c == '"') {
          inside = !inside;
          quoted = true;
        } else {
          out.append(c);
        }
      }
      value = out.toString();
    }
  }
}
