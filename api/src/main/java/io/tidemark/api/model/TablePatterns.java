package io.tidemark.api.model;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Tables by patterns of {@code schema.table}, in which {@code *} stands for any run of signs but
 * the dot between schema and table, and {@code ?} for one; a pattern without a dot is of schema
 * {@code public}. The same wherever tables are chosen by patterns.
 */
public final class TablePatterns {
  private final List<String> texts;
  private final List<Pattern> patterns;

  private TablePatterns(List<String> texts) {
    this.texts = List.copyOf(texts);
    this.patterns = texts.stream().map(TablePatterns::pattern).toList();
  }

  /** The tables that fit one of some patterns. */
  public static TablePatterns of(List<String> texts) {
    return new TablePatterns(texts);
  }

  /** Whether a table fits one of them. */
  public boolean fit(TableName table) {
    // a NUL cannot be part of a name, so it parts schema and table whatever signs they hold
    String text = table.schema() + '\0' + table.table();
    return patterns.stream().anyMatch(pattern -> pattern.matcher(text).matches());
  }

  /** Whether one of the patterns is the very name of a table. */
  public boolean name(TableName table) {
    return texts.contains(table.toString())
        || table.schema().equals("public") && texts.contains(table.table());
  }

  private static Pattern pattern(String glob) {
    int dot = glob.indexOf('.');
    String schema = dot < 0 ? "public" : glob.substring(0, dot);
    String table = dot < 0 ? glob : glob.substring(dot + 1);
    return Pattern.compile(regex(schema) + "\0" + regex(table), Pattern.DOTALL);
  }

  private static String regex(String glob) {
    StringBuilder regex = new StringBuilder();
    for (char sign : glob.toCharArray()) {
      switch (sign) {
        case '*' -> regex.append("[^\0]*");
        case '?' -> regex.append("[^\0]");
        default -> regex.append(Pattern.quote(String.valueOf(sign)));
      }
    }
    return regex.toString();
  }
}
