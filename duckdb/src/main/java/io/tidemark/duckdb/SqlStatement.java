package io.tidemark.duckdb;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One statement of a user that only reads.
 *
 * @param text the statement without a semicolon at its end
 * @param kind its first word, in lower case
 * @param words every name, quoted name and text in it, in lower case: whatever table it names is
 *     among them
 */
record SqlStatement(String text, String kind, Set<String> words) {
  private static final Set<String> READING =
      Set.of("select", "with", "from", "values", "table", "describe", "desc", "show", "summarize");
  private static final Set<String> LOOKING =
      Set.of("information_schema", "pg_catalog", "sqlite_master", "sqlite_schema");

  /** Reads a user's text; refuses what is no single reading statement. */
  static SqlStatement of(String sql) {
    Scanner scanner = new Scanner(sql);
    scanner.scan();
    if (scanner.heads.isEmpty()) {
      throw refused("there is no statement");
    }
    if (scanner.end < sql.length() && scanner.more) {
      throw refused("there is more than one statement");
    }
    String kind = scanner.heads.get(0);
    int at = 0;
    while (at < scanner.heads.size() - 1
        && (scanner.heads.get(at).equals("explain") || scanner.heads.get(at).equals("analyze"))) {
      at++;
    }
    if (!READING.contains(scanner.heads.get(at))) {
      throw refused("it begins with " + scanner.heads.get(at).toUpperCase(Locale.ROOT));
    }
    return new SqlStatement(sql.substring(0, scanner.end), kind, scanner.words);
  }

  private static TidemarkException refused(String reason) {
    return new TidemarkException(
        ErrorCode.QUERY,
        "Cannot answer the query: "
            + reason
            + ". A copy is only read: write one statement that begins with SELECT, WITH, FROM,"
            + " VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.");
  }

  /** Whether it may ask what views there are. */
  boolean asksForNames() {
    return kind.equals("show")
        || words.stream().anyMatch(w -> w.startsWith("duckdb_") || LOOKING.contains(w));
  }

  /** Whether it may name a view of a table; a number stands behind a name that was taken. */
  boolean mayName(TableName table) {
    String name = table.table().toLowerCase(Locale.ROOT);
    return words.stream()
        .anyMatch(
            word ->
                word.equals(name)
                    || word.startsWith(name + "_changes")
                    || word.startsWith(name + "_2"));
  }

  /** Whether it can stand in brackets as a source of rows. */
  boolean isRelation() {
    return !kind.equals("explain");
  }

  /** Tells words from comments, texts and signs, as PostgreSQL's and DuckDB's scanner do. */
  private static final class Scanner {
    private final String sql;
    private final Set<String> words = new HashSet<>();
    private final List<String> heads = new ArrayList<>();
    private int at;
    private int end;
    private boolean more;

    Scanner(String sql) {
      this.sql = sql;
      this.end = sql.length();
    }

    void scan() {
      while (at < sql.length()) {
        char c = sql.charAt(at);
        if (sql.startsWith("--", at)) {
          int line = sql.indexOf('\n', at);
          at = line < 0 ? sql.length() : line;
        } else if (sql.startsWith("/*", at)) {
          skipComment();
        } else if (Character.isWhitespace(c)) {
          at++;
        } else if (c == ';') {
          end = Math.min(end, at++);
        } else {
          more |= end < sql.length();
          item(c);
        }
      }
    }

    private void item(char c) {
      if (c == '\'') {
        boolean escapes = at > 0 && "eE".indexOf(sql.charAt(at - 1)) >= 0;
        words.add(quoted('\'', escapes));
      } else if (c == '"') {
        words.add(quoted('"', false));
      } else if (c == '$' && dollarTag() != null) {
        String tag = dollarTag();
        int close = sql.indexOf(tag, at + tag.length());
        at = close < 0 ? sql.length() : close + tag.length();
      } else if (Character.isLetter(c) || c == '_') {
        int start = at;
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
          at++;
        }
        String word = sql.substring(start, at).toLowerCase(Locale.ROOT);
        words.add(word);
        if (heads.size() < 3) {
          heads.add(word);
        }
      } else {
        at++;
      }
    }

    private static boolean isWordPart(char c) {
      return Character.isLetterOrDigit(c) || c == '_' || c == '$';
    }

    private String dollarTag() {
      int close = at + 1;
      while (close < sql.length()
          && (Character.isLetterOrDigit(sql.charAt(close)) || sql.charAt(close) == '_')) {
        close++;
      }
      return close < sql.length() && sql.charAt(close) == '$' ? sql.substring(at, close + 1) : null;
    }

    private String quoted(char quote, boolean escapes) {
      StringBuilder text = new StringBuilder();
      for (at++; at < sql.length(); at++) {
        char c = sql.charAt(at);
        if (escapes && c == '\\' && at + 1 < sql.length()) {
          text.append(sql.charAt(++at));
        } else if (c != quote) {
          text.append(c);
        } else if (at + 1 < sql.length() && sql.charAt(at + 1) == quote) {
          text.append(sql.charAt(++at));
        } else {
          break;
        }
      }
      at++;
      return text.toString().toLowerCase(Locale.ROOT);
    }

    private void skipComment() {
      int depth = 0;
      do {
        if (sql.startsWith("/*", at)) {
          depth++;
          at += 2;
        } else if (sql.startsWith("*/", at)) {
          depth--;
          at += 2;
        } else {
          at++;
        }
      } while (depth > 0 && at < sql.length());
    }
  }
}
