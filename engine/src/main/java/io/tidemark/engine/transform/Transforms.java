package io.tidemark.engine.transform;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import io.tidemark.api.config.Suggestion;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TablePatterns;
import io.tidemark.api.transform.Transform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The transforms that a configuration can name, and how each is told what to do. */
public final class Transforms {
  private static final Option<List<String>> TABLES =
      Option.of(
              "tables",
              OptionType.LIST,
              "*.*",
              "Patterns of schema.table with * and ?, by the names that tables have at this step.")
          .example("public.customers");
  private static final Option<List<String>> EXCLUDE_TABLES =
      Option.of(
              "exclude", OptionType.LIST, "", "Patterns of tables that are left out all the same.")
          .example("*.tmp_*");
  private static final Option<List<String>> INCLUDE_COLUMNS =
      Option.of("include", OptionType.LIST, "", "Columns that are kept; all where none is named.")
          .example("id, email");
  private static final Option<List<String>> EXCLUDE_COLUMNS =
      Option.of("exclude", OptionType.LIST, "", "Columns that are left out.").example("password");
  private static final Option<String> TABLE =
      Option.required("table", OptionType.TEXT, "The table's name.", "public.customers");
  private static final Option<String> TO =
      Option.of("to", OptionType.TEXT, "", "Its new name; the same where none is given.")
          .example("crm.clients");
  private static final Option<Map<String, String>> COLUMN_NAMES =
      Option.of("columns", OptionType.MAP, "", "Old name of a column to its new name.")
          .example("{created_at: since}");
  private static final Option<String> WHERE =
      Option.required(
          "where",
          OptionType.TEXT,
          "Condition in the Common Expression Language on the table's columns; rows for which it"
              + " does not hold are not in the copy.",
          "balance > 0 && currency == 'EUR'");
  private static final Option<List<String>> INLINE =
      Option.of(
              "inline",
              OptionType.LIST,
              "",
              "Columns of variable length whose values are always short, so that the condition may"
                  + " read them without REPLICA IDENTITY FULL. Should the log ever leave such a value"
                  + " out, the table fails.")
          .example("currency");
  private static final Option<Map<String, String>> MASKS =
      new Option<>(
          "columns",
          OptionType.MAP,
          java.util.Optional.empty(),
          true,
          false,
          "Column to the way it is hidden: redact (a fixed text), hash (HMAC-SHA256), partial (stars"
              + " but for the last signs) or null.",
          "{email: hash}");
  private static final Option<String> KEY =
      Option.optional(
              "key",
              OptionType.TEXT,
              "Key of hashes, 16 signs or more. The same key gives the same hash for the same value.",
              "${env:MASK_KEY}")
          .asSecret();
  private static final Option<String> TEXT =
      Option.of("text", OptionType.TEXT, "***", "What a redacted value becomes.");
  private static final Option<Long> KEEP =
      Option.of("keep", OptionType.NUMBER, "4", "How many last signs a partial mask leaves.");
  private static final Option<String> COLUMN =
      Option.required("column", OptionType.TEXT, "Name of the new column.", "origin");
  private static final Option<String> VALUE =
      Option.required("value", OptionType.TEXT, "Its value in every row.", "bank-eu");
  private static final Option<Constant.Kind> KIND =
      Option.of("data-type", OptionType.oneOf(Constant.Kind.class), "text", "Its type.");

  private static final int SHORTEST_KEY = 16;

  /** Every transform. */
  public static final List<ComponentSpec> SPECS =
      List.of(
          spec("tables", "Leaves whole tables out of the copy.", TABLES, EXCLUDE_TABLES),
          spec("columns", "Leaves columns out.", TABLES, INCLUDE_COLUMNS, EXCLUDE_COLUMNS),
          spec("rename", "Gives a table or its columns other names.", TABLE, TO, COLUMN_NAMES),
          spec("filter", "Keeps the rows for which a condition holds.", TABLES, WHERE, INLINE),
          spec("mask", "Hides values of columns.", TABLES, MASKS, KEY, TEXT, KEEP),
          spec("constant", "Adds a column with one value.", TABLES, COLUMN, VALUE, KIND));

  private Transforms() {}

  private static ComponentSpec spec(String type, String summary, Option<?>... options) {
    return new ComponentSpec("transform", type, summary, Arrays.asList(options));
  }

  /**
   * Makes a transform.
   *
   * @param type one of those of {@link #SPECS}
   * @param where how messages name the place, {@code transforms[0]} for instance
   * @param problems takes every problem found, in words for the user; the transform is of no use
   *     then
   */
  public static Transform of(String type, Settings settings, String where, List<String> problems) {
    List<String> found = new ArrayList<>();
    Transform transform =
        switch (type) {
          case "tables" ->
              new SelectTables(patterns(settings), TablePatterns.of(settings.get(EXCLUDE_TABLES)));
          case "columns" ->
              new SelectColumns(
                  patterns(settings), settings.get(INCLUDE_COLUMNS), settings.get(EXCLUDE_COLUMNS));
          case "rename" -> rename(settings);
          case "filter" -> filter(settings, found);
          case "mask" -> mask(settings, found);
          case "constant" -> constant(settings, found);
          default -> throw new IllegalArgumentException("Cannot make transform " + type + ".");
        };
    found.forEach(problem -> problems.add(where + "." + problem));
    return transform;
  }

  private static TablePatterns patterns(Settings settings) {
    return TablePatterns.of(settings.get(TABLES));
  }

  private static Transform rename(Settings settings) {
    TableName table = TableName.parse(settings.get(TABLE));
    String to = settings.get(TO);
    return new Rename(
        table, to.isEmpty() ? table : TableName.parse(to), settings.get(COLUMN_NAMES));
  }

  private static Transform filter(Settings settings, List<String> problems) {
    String problem = RowExpression.syntaxProblem(settings.get(WHERE));
    if (problem != null) {
      problems.add("where: cannot read the condition: " + problem);
    }
    return new RowFilter(patterns(settings), settings.get(WHERE), settings.get(INLINE));
  }

  private static Transform mask(Settings settings, List<String> problems) {
    List<String> words = Arrays.stream(Mask.Way.values()).map(OptionType::word).toList();
    Map<String, Mask.Way> ways = new LinkedHashMap<>();
    settings
        .get(MASKS)
        .forEach(
            (column, word) -> {
              int at = words.indexOf(word);
              if (at < 0) {
                problems.add(
                    "columns." + column + ": unknown mask '" + word + "'" + hint(word, words));
              } else {
                ways.put(column, Mask.Way.values()[at]);
              }
            });
    String key = settings.find(KEY).orElse("");
    if (ways.containsValue(Mask.Way.HASH) && key.length() < SHORTEST_KEY) {
      problems.add(
          "key: a hash needs a key of 16 signs or more. Write '${env:NAME}' for instance.");
    }
    return new Mask(
        new Mask.Config(
            patterns(settings),
            ways,
            key,
            settings.get(TEXT),
            (int) Math.min(Integer.MAX_VALUE, Math.max(0, settings.get(KEEP)))));
  }

  private static String hint(String word, List<String> known) {
    return Suggestion.of(word, known);
  }

  private static Transform constant(Settings settings, List<String> problems) {
    String value = settings.get(VALUE);
    Constant.Kind kind = settings.get(KIND);
    boolean fits =
        switch (kind) {
          case TEXT -> true;
          case BIGINT -> value.matches("-?[0-9]{1,18}");
          case BOOLEAN -> value.equals("true") || value.equals("false");
        };
    if (!fits) {
      problems.add("value: '" + value + "' is no " + OptionType.word(kind) + ".");
    }
    return new Constant(patterns(settings), settings.get(COLUMN), kind, value);
  }
}
