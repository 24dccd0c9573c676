package io.tidemark.parquet;

import io.tidemark.api.model.TableName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where files go and how they are named.
 *
 * @param template of the key below the root
 * @param partitionColumn name of the partition in it
 */
public record LakeLayout(String template, String partitionColumn) {
  static final String STANDARD = "{table}/{partition}/{table}_{time}_{lsn}_{part}.parquet";

  private static final List<String> WORDS =
      List.of("table", "partition", "date", "time", "lsn", "part");
  private static final Pattern WORD = Pattern.compile("\\{([^}]*)}");
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HHmmssSSSSSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Reads a template and tells what is wrong with it. */
  static LakeLayout read(
      String template, String partitionColumn, String where, List<String> problems) {
    Matcher words = WORD.matcher(template);
    while (words.find()) {
      if (!WORDS.contains(words.group(1))) {
        problems.add(
            where + ".file-template: unknown {" + words.group(1) + "}, known are " + WORDS + ".");
      }
    }
    if (!template.endsWith("_{lsn}_{part}.parquet")) {
      problems.add(where + ".file-template: must end in '_{lsn}_{part}.parquet'.");
    }
    if (!template.contains("{table}")) {
      problems.add(where + ".file-template: must contain {table}.");
    }
    if (template.startsWith("/") || template.startsWith("_tidemark") || template.contains("..")) {
      problems.add(where + ".file-template: must be a name below the path, outside of _tidemark.");
    }
    if (!partitionColumn.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      problems.add(
          where + ".partition-column: expected a plain name, got '" + partitionColumn + "'.");
    }
    return new LakeLayout(template, partitionColumn);
  }

  /** Whether rows of different dates go to different files. */
  boolean splitsByDate() {
    return template.contains("{partition}") || template.contains("{date}");
  }

  /**
   * The key of a file.
   *
   * @param committedAt the last commit time in it, microseconds since 1970 UTC
   * @param lsn the end of the commits of its flush, 16 hexadecimal digits
   * @param part tells it from every other file
   */
  String key(TableName table, LocalDate date, long committedAt, String lsn, String part) {
    Instant time = Instant.EPOCH.plus(committedAt, ChronoUnit.MICROS);
    String tableName = tableName(table);
    Matcher words = WORD.matcher(template);
    StringBuilder key = new StringBuilder();
    while (words.find()) {
      String value =
          switch (words.group(1)) {
            case "table" -> tableName;
            case "partition" -> partitionColumn + "=" + date;
            case "date" -> date.toString();
            case "time" -> TIME.format(time);
            case "lsn" -> lsn;
            default -> part;
          };
      words.appendReplacement(key, Matcher.quoteReplacement(value));
    }
    return words.appendTail(key).toString();
  }

  /** How a table is called in paths: its schema is left out where that is {@code public}. */
  static String tableName(TableName table) {
    String relation = escaped(table.table());
    return table.schema().equals("public") ? relation : escaped(table.schema()) + "." + relation;
  }

  /** A dot parts schema and table; what is not plain is written as its UTF-8 bytes. */
  private static String escaped(String name) {
    StringBuilder text = new StringBuilder();
    name.codePoints()
        .forEach(
            c -> {
              boolean plain = c == '_' || c == '-' || c == '$' || Character.isLetterOrDigit(c);
              if (plain) {
                text.appendCodePoint(c);
              } else {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                  text.append(String.format(Locale.ROOT, "%%%02X", b));
                }
              }
            });
    return text.toString();
  }
}
