package io.tidemark.duckdb;

import io.tidemark.duckdb.TableForm.FormColumn;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Finds the values that an UPDATE left out of the log because they stand out of line and did not
 * change: the last value that was set since the row's birth.
 *
 * <p>A row's life is a chain of stretches, one for each key it had: from the update that gave it
 * the key (or from its birth) to the one that took the key away. The stretches of the rows that
 * need it are followed backwards through the updates of keys; in each, the changes of that key
 * belong to this row alone. The birth sets every column, so what is found last is never older than
 * the row.
 */
final class UnchangedSql {
  private final TableForm form;
  private final List<FormColumn> columns;
  private final List<FormColumn> key;

  UnchangedSql(TableForm form, List<FormColumn> columns) {
    this.form = form;
    this.columns = columns;
    this.key = form.newest().key().stream().map(form::column).toList();
  }

  /** The tables {@code needing}, {@code stretches} and {@code filled}, for a WITH RECURSIVE. */
  String tables() {
    String needing =
        "needing AS MATERIALIZED (SELECT pos, "
            + keys("c", "r")
            + " FROM today WHERE "
            + columns.stream().map(c -> "u" + c.attnum()).collect(Collectors.joining(" OR "))
            + ")";
    return needing + ",\n" + (form.hasOld() ? chain() : oneStretch()) + ",\n" + filled();
  }

  /** The columns of a table, each filled where it was unchanged. */
  String columns() {
    List<Integer> filled = columns.stream().map(FormColumn::attnum).toList();
    return CurrentRows.named(
        form,
        n -> filled.contains(n) ? pick(n, "c", "v") : "x.c" + n,
        n -> filled.contains(n) ? pick(n, "r", "t") : "x.r" + n);
  }

  private String pick(int n, String own, String part) {
    // A table that is still being copied may have the update before the row itself.
    String missing =
        form.member()
            ? "CASE WHEN f.f"
                + n
                + " IS NULL THEN error("
                + SqlText.value(
                    "an unchanged value of column "
                        + form.column(n).name()
                        + " of "
                        + form.table()
                        + " is nowhere in its row's history")
                + ") ELSE f.f"
                + n
                + "."
                + part
                + " END"
            : "f.f" + n + "." + part;
    return "CASE WHEN x.u" + n + " THEN " + missing + " ELSE x." + own + n + " END";
  }

  private String oneStretch() {
    return "stretches AS MATERIALIZED (SELECT pos AS root, "
        + keyNames("")
        + ", "
        + CurrentRows.LOWEST
        + " AS low, pos AS high FROM needing)";
  }

  private String chain() {
    String moves =
        "moves AS MATERIALIZED (SELECT pos, "
            + keys("c", "r")
            + ", "
            + key.stream()
                .map(c -> KeyedRowsSql.keyPart(c, "o", "q") + " AS m" + c.attnum())
                .collect(Collectors.joining(", "))
            + " FROM b WHERE op = 'u' AND old AND "
            + KeyedRowsSql.keyChanged(form, form.newest().key())
            + ")";
    String links =
        "links AS MATERIALIZED (SELECT a.pos, "
            + keyNames("a.").replace("a.k", "a.m")
            + ", z.pos AS previous FROM moves a ASOF LEFT JOIN moves z ON "
            + matches("a.m", "z.k")
            + " AND a.pos > z.pos)";
    String first =
        "SELECT n.pos AS root, "
            + keyNames("n.")
            + ", coalesce(z.pos, "
            + CurrentRows.LOWEST
            + ") AS low, n.pos AS high, z.pos AS via FROM needing n ASOF LEFT JOIN moves z ON "
            + matches("n.k", "z.k")
            + " AND n.pos >= z.pos";
    String next =
        "SELECT s.root, "
            + keyNames("l.").replace("l.k", "l.m")
            + ", coalesce(l.previous, "
            + CurrentRows.LOWEST
            + "), l.pos, l.previous FROM stretches s JOIN links l ON s.via = l.pos";
    return moves + ",\n" + links + ",\nstretches AS (" + first + "\nUNION ALL\n" + next + ")";
  }

  private String filled() {
    String values = columns.stream().map(this::lastSet).collect(Collectors.joining(", "));
    String on =
        key.stream()
            .map(c -> KeyedRowsSql.keyPart(c, "y.c", "y.r") + " = s.k" + c.attnum())
            .collect(Collectors.joining(" AND "));
    return "filled AS (SELECT s.root, "
        + values
        + " FROM b y JOIN stretches s ON "
        + on
        + " AND y.pos >= s.low AND y.pos <= s.high WHERE y.op IN ('r', 'c', 'u') GROUP BY s.root)";
  }

  private String lastSet(FormColumn column) {
    int n = column.attnum();
    String raw = column.raw() ? "y.r" + n : "CAST(NULL AS VARCHAR)";
    return "arg_max({'v': y.c"
        + n
        + ", 't': "
        + raw
        + "}, y.pos) FILTER (WHERE NOT y.u"
        + n
        + ") AS f"
        + n;
  }

  private String keys(String value, String raw) {
    return key.stream()
        .map(c -> KeyedRowsSql.keyPart(c, value, raw) + " AS k" + c.attnum())
        .collect(Collectors.joining(", "));
  }

  private String keyNames(String prefix) {
    return key.stream().map(c -> prefix + "k" + c.attnum()).collect(Collectors.joining(", "));
  }

  private String matches(String left, String right) {
    return key.stream()
        .map(c -> left + c.attnum() + " = " + right + c.attnum())
        .collect(Collectors.joining(" AND "));
  }
}
