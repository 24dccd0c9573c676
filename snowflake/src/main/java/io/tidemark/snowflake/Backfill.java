package io.tidemark.snowflake;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;

/**
 * The value that rows older than a column have, in SQL.
 *
 * @param value NULL where there is none, or where the type cannot hold it
 * @param raw PostgreSQL's text of it where the type cannot hold it, else NULL
 */
record Backfill(String value, String raw) {
  static Backfill of(Column column, String type) {
    String none = "CAST(NULL AS " + type + ")";
    String text = column.backfill().orElse(null);
    if (text == null) {
      return new Backfill(none, "NULL");
    }
    if (!fits(column.type(), text)) {
      return new Backfill(none, SqlText.value(text));
    }
    String value =
        column.type() instanceof DataType.Bytes
            ? "TO_BINARY(" + SqlText.value(text.substring(2)) + ", 'HEX')"
            : "CAST(" + SqlText.value(text) + " AS " + type + ")";
    return new Backfill(value, "NULL");
  }

  /** Whether Snowflake reads PostgreSQL's text of the value as the same value. */
  private static boolean fits(DataType type, String text) {
    if (type instanceof DataType.Decimal) {
      return Character.isDigit(text.charAt(text.length() - 1));
    } else if (type instanceof DataType.Date || type instanceof DataType.Timestamp) {
      return text.matches("\\d{4}-.*") && !text.endsWith("BC");
    } else if (type instanceof DataType.Time) {
      return !text.startsWith("24:");
    }
    return !(type instanceof DataType.ListOf) && !(type instanceof DataType.Struct);
  }
}
