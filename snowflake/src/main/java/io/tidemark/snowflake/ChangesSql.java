package io.tidemark.snowflake;

import io.tidemark.snowflake.RowForm.Part;
import io.tidemark.snowflake.TableForm.Cell;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Segments of a table seen as one, under the table's form: {@code w} has the columns of {@link
 * Wire}, {@code Cn}, {@code Rn} and {@code Un} for every column of the table, {@code On} and {@code
 * Qn} for those that tell rows apart. {@code z} is the same of the rows that count, with {@code
 * VOID} where a row's leaf was emptied behind it.
 */
final class ChangesSql {
  /** True of changes that leave a row. */
  static final String LIVE = "\"OP\" IN ('r', 'c', 'u')";

  private final TableForm form;
  private final List<Integer> key;
  private final List<Segment> segments;
  private final String which;

  /**
   * @param key attribute numbers of the columns that tell rows apart; empty for all
   * @param which condition on the rows that count
   */
  ChangesSql(TableForm form, List<Integer> key, List<Segment> segments, String which) {
    this.form = form;
    this.key = key;
    this.segments = segments;
    this.which = which;
  }

  TableForm form() {
    return form;
  }

  /** The columns that tell rows apart. */
  List<Cell> identity() {
    return key.isEmpty()
        ? form.live()
        : key.stream().map(attnum -> form.cell(attnum).orElseThrow()).toList();
  }

  boolean hasKey() {
    return !key.isEmpty();
  }

  /** The rows that count from another place on. */
  ChangesSql from(String place) {
    String later = which + " AND \"POS\" > " + SqlText.value(place);
    return new ChangesSql(form, key, segments, later);
  }

  /** Columns other than those of the key of which a value may have been left out. */
  List<Cell> leftOut() {
    return form.live().stream()
        .filter(cell -> segments.stream().anyMatch(segment -> mayBeLeftOut(segment, cell)))
        .toList();
  }

  private static boolean mayBeLeftOut(Segment segment, Cell cell) {
    return segment.kinds().unchanged() && segment.has("U" + cell.attnum());
  }

  /** The two as the beginning of a statement. */
  String with() {
    return "WITH w AS ("
        + segments.stream().map(this::select).collect(Collectors.joining(" UNION ALL "))
        + "), z AS (SELECT w.*, COALESCE(e.\"P\" > w.\"POS\", FALSE) AS \"VOID\" FROM w LEFT JOIN"
        + " (SELECT \"LEAF\", MAX(\"POS\") AS \"P\" FROM w WHERE \"OP\" = 't' AND \"LEAF\" IS NOT"
        + " NULL AND "
        + which
        + " GROUP BY \"LEAF\") e ON e.\"LEAF\" = w.\"LEAF\" WHERE "
        + which
        + ")";
  }

  private String select(Segment segment) {
    List<String> items = new ArrayList<>();
    items.add("\"POS\", \"OP\", \"SNAP\", \"MOVED\", \"LEAF\"");
    for (Cell cell : form.live()) {
      int n = cell.attnum();
      items.add(value(segment, cell, "C", "R") + " AS \"C" + n + "\"");
      items.add(raw(segment, cell, "C", "R") + " AS \"R" + n + "\"");
      items.add((segment.has("U" + n) ? "\"U" + n + "\"" : "FALSE") + " AS \"U" + n + "\"");
    }
    for (Cell cell : identity()) {
      int n = cell.attnum();
      items.add(value(segment, cell, "O", "Q") + " AS \"O" + n + "\"");
      items.add(raw(segment, cell, "O", "Q") + " AS \"Q" + n + "\"");
    }
    return "SELECT " + String.join(", ", items) + " FROM " + segment.journal();
  }

  private static String value(Segment segment, Cell cell, String prefix, String rawPrefix) {
    Part own = segment.form().part(cell.attnum()).orElse(null);
    String column = prefix + cell.attnum();
    if (own == null) {
      return cell.fill();
    } else if (!segment.has(column)) {
      return "CAST(NULL AS " + cell.type() + ")";
    }
    String raw = rawPrefix + cell.attnum();
    return SnowflakeTypes.isWider(own.type(), cell.type())
        ? SqlText.name(column)
        : Conversion.of(
            SqlText.name(column),
            own.type(),
            cell.type(),
            segment.has(raw) ? SqlText.name(raw) : "NULL");
  }

  private static String raw(Segment segment, Cell cell, String prefix, String rawPrefix) {
    Part own = segment.form().part(cell.attnum()).orElse(null);
    if (own == null) {
      return "CAST(" + cell.rawFill() + " AS VARCHAR)";
    }
    boolean kept =
        segment.has(rawPrefix + cell.attnum())
            && (own.type().equals(cell.type()) || !SnowflakeTypes.isText(cell.type()));
    return kept && segment.has(prefix + cell.attnum())
        ? SqlText.name(rawPrefix + cell.attnum())
        : "CAST(NULL AS VARCHAR)";
  }

  /** Names of the columns of the table that rows fill. */
  String columns() {
    List<String> columns = new ArrayList<>();
    for (Cell cell : form.live()) {
      columns.add(cell.sql());
      if (cell.raw()) {
        columns.add(cell.rawSql());
      }
    }
    if (form.leaf()) {
      columns.add(SqlText.name(Destination.LEAF));
    }
    if (!hasKey()) {
      columns.add(SqlText.name(Destination.ROW));
    }
    return String.join(", ", columns);
  }

  /** What fills them. */
  String values(String alias) {
    List<String> values = new ArrayList<>();
    for (Cell cell : form.live()) {
      values.add(alias + "\"C" + cell.attnum() + "\"");
      if (cell.raw()) {
        values.add(alias + "\"R" + cell.attnum() + "\"");
      }
    }
    if (form.leaf()) {
      values.add(alias + "\"LEAF\"");
    }
    if (!hasKey()) {
      values.add(alias + "\"POS\"");
    }
    return String.join(", ", values);
  }
}
