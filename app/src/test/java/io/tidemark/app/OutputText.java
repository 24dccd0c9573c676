package io.tidemark.app;

/**
 * SQL that asks a server for a value as the output function of its type prints it. A cast to text
 * is something else for some types: it says {@code true} for {@code t} and takes the blanks off a
 * {@code char(n)}.
 */
public final class OutputText {
  private OutputText() {}

  /** The text of an expression, null where it is null. */
  public static String of(String expression) {
    return "CASE WHEN num_nulls(" + expression + ") = 0 THEN format('%s', " + expression + ") END";
  }
}
