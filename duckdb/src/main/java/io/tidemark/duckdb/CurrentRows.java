package io.tidemark.duckdb;

import io.tidemark.duckdb.TableForm.FormColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * Writes the SQL of a table's rows as of the tidemark.
 *
 * <p>The result has the table's columns in their order, then {@code <column>__raw} for those of
 * which any file has values as raw text.
 */
final class CurrentRows {
  /** Below every position. */
  static final String LOWEST = "-170141183460469231731687303715884105727::HUGEINT";

  private CurrentRows() {}

  /** The SQL of the current rows of a table. */
  static String sql(TableForm whole) {
    TableForm form = whole.today();
    if (form.groups().isEmpty()) {
      return "SELECT " + nulls(form) + " WHERE false";
    }
    return form.newest().hasKey() ? new KeyedRowsSql(form).sql() : new MultisetSql(form).sql();
  }

  /**
   * The columns that users see.
   *
   * @param value the SQL of a column's value, by attribute number
   * @param raw the SQL of its raw text
   */
  static String named(TableForm form, IntFunction<String> value, IntFunction<String> raw) {
    UniqueNames names = new UniqueNames();
    List<String> items = new ArrayList<>();
    for (FormColumn column : form.shown()) {
      items.add(
          value.apply(column.attnum())
              + " AS "
              + SqlText.name(names.take(column.name(), column.attnum())));
    }
    for (FormColumn column : form.shown()) {
      if (column.raw()) {
        String name = names.take(column.name() + "__raw", column.attnum());
        items.add(raw.apply(column.attnum()) + " AS " + SqlText.name(name));
      }
    }
    return String.join(", ", items);
  }

  private static String nulls(TableForm form) {
    return form.shown().stream()
        .map(
            column ->
                ColumnTypes.cast("NULL", column.type()) + " AS " + SqlText.name(column.name()))
        .collect(Collectors.joining(", "));
  }

  /** The FROM items and conditions that leave out what a TRUNCATE voided, for rows {@code x}. */
  static Voids voids(TableForm form) {
    String wholeTable = form.hasLeaves() ? " AND leaf IS NULL" : "";
    String after =
        "x.pos > (SELECT coalesce(max(pos), "
            + LOWEST
            + ") FROM b WHERE op = 't'"
            + wholeTable
            + ")";
    if (!form.hasLeaves()) {
      return new Voids("", after);
    }
    return new Voids(
        "\nLEFT JOIN (SELECT leaf, max(pos) AS p FROM b WHERE op = 't' AND leaf IS NOT NULL GROUP BY"
            + " leaf) e ON x.leaf = e.leaf",
        after + " AND (e.p IS NULL OR e.p < x.pos)");
  }

  /**
   * @param joins what is joined to {@code x}
   * @param condition what holds for rows of {@code x} that count
   */
  record Voids(String joins, String condition) {}
}
