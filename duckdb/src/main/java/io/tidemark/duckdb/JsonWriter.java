package io.tidemark.duckdb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/**
 * Writes values of a result as JSON (RFC 8259).
 *
 * <p>Numbers are JSON numbers with all their digits, decimals with their scale: {@code 12.50}. A
 * reader that keeps them must read numbers as decimals, not as floating point. What JSON has no
 * number for (NaN, infinities) is a string; bytes are a string of PostgreSQL's form {@code \x...};
 * a JSON column is embedded as it is.
 */
final class JsonWriter {
  private final Appendable out;

  JsonWriter(Appendable out) {
    this.out = out;
  }

  static String of(Object value) {
    StringBuilder text = new StringBuilder();
    try {
      new JsonWriter(text).write(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  void write(Object value) throws IOException {
    if (value instanceof BigDecimal decimal) {
      out.append(decimal.toPlainString());
    } else if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      boolean finite = Math.abs(number) <= Double.MAX_VALUE;
      write(finite ? new CellReader.JsonText(value.toString()) : value.toString());
    } else if (value == null
        || value instanceof Number
        || value instanceof Boolean
        || value instanceof CellReader.JsonText) {
      out.append(String.valueOf(value));
    } else if (value instanceof List<?> list) {
      char before = '[';
      for (Object item : list) {
        out.append(before);
        write(item);
        before = ',';
      }
      out.append(list.isEmpty() ? "[]" : "]");
    } else if (value instanceof Map<?, ?> map) {
      char before = '{';
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(before);
        string(String.valueOf(entry.getKey()));
        out.append(':');
        write(entry.getValue());
        before = ',';
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else {
      string(CellReader.text(value));
    }
  }

  void string(String text) throws IOException {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
