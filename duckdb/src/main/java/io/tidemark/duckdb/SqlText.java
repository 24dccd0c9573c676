package io.tidemark.duckdb;

import java.util.Collection;
import java.util.stream.Collectors;

/** The two ways in which a text enters a statement: as a name and as a value. */
public final class SqlText {
  private SqlText() {}

  /** A name, quoted whatever it holds. */
  public static String name(String text) {
    return '"' + text.replace("\"", "\"\"") + '"';
  }

  /** A string value. */
  public static String value(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** A list of string values in brackets. */
  public static String list(Collection<String> texts) {
    return texts.stream().map(SqlText::value).collect(Collectors.joining(",", "[", "]"));
  }
}
