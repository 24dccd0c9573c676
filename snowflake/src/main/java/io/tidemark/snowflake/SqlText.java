package io.tidemark.snowflake;

/** Names and values as Snowflake's SQL writes them. */
final class SqlText {
  private SqlText() {}

  /** A quoted name, so that its case is kept. */
  static String name(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  /** A string; in Snowflake a backslash escapes what follows it. */
  static String value(String text) {
    return text == null ? "NULL" : "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
  }
}
