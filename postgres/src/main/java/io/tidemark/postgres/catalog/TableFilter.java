package io.tidemark.postgres.catalog;

import io.tidemark.api.model.TableName;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which tables are captured: those that fit a pattern of the first list and none of the second. In
 * a pattern {@code *} stands for any run of signs but the dot between schema and table, {@code ?}
 * for one sign; a pattern without a dot is of schema {@code public}.
 */
public final class TableFilter {
  private final List<Pattern> include;
  private final List<Pattern> exclude;

  public TableFilter(List<String> include, List<String> exclude) {
    this.include = include.stream().map(TableFilter::pattern).toList();
    this.exclude = exclude.stream().map(TableFilter::pattern).toList();
  }

  /** Whether a table is captured. Tables of the server's own schemas never are. */
  public boolean selects(TableName table) {
    if (table.schema().startsWith("pg_") || table.schema().equals("information_schema")) {
      return false;
    }
    return fits(include, table) && !fits(exclude, table);
  }

  private static boolean fits(List<Pattern> patterns, TableName table) {
    // a NUL cannot be part of a name, so it parts schema and table whatever signs they hold
    String text = table.schema() + '\0' + table.table();
    return patterns.stream().anyMatch(pattern -> pattern.matcher(text).matches());
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
