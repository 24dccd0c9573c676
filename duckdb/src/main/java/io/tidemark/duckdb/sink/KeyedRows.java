package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Applies changes to a table with a key. Only the last event of each key matters; an update of the
 * key is the death of the old key and, just after it, the birth of the new one. A value that the
 * log left out is the last one that was set under the key, else the one the table holds. An update
 * that both changes the key and leaves values out takes them from the old key's row, so everything
 * before it is applied first and then that update alone.
 */
final class KeyedRows {
  private final CopyFile file;
  private final String table;
  private final TargetForm form;
  private final RowSql sql;
  private final String notVoid;
  private final boolean leavesOut;

  /**
   * @param notVoid condition, with AND before it, that a change {@code w} was not emptied away
   * @param leavesOut whether any change may leave values out
   */
  KeyedRows(CopyFile file, String table, TargetForm form, String notVoid, boolean leavesOut) {
    this.file = file;
    this.table = table;
    this.form = form;
    this.sql = new RowSql(file, table, form);
    this.notVoid = notVoid;
    this.leavesOut = leavesOut;
  }

  void apply(String counted) throws SQLException {
    if (leavesOut) {
      requireKeys(counted);
    }
    lastEvents(counted);
    String survivors = survivors(counted);
    if (leavesOut) {
      // what they lack is looked up before the rows that have it go
      file.execute("CREATE OR REPLACE TEMP TABLE survivors AS " + survivors);
      List<Part> unchanged = unchanged();
      if (!unchanged.isEmpty()) {
        fill(counted, unchanged);
      }
    }
    file.execute(
        "DELETE FROM "
            + table
            + " AS t USING temp.main.last_events f WHERE f.ends AND "
            + tableHas("f", "k"));
    sql.insert(leavesOut ? "temp.main.survivors" : "(" + survivors + ")", "w", "true");
    if (leavesOut) {
      file.execute("DROP TABLE temp.main.survivors");
    }
  }

  /** That a row {@code t} of the table has the key of another row. */
  private String tableHas(String alias, String prefix) {
    return form.keyParts().stream()
        .map(part -> RowSql.own("t", part) + " = " + alias + "." + prefix + part.attnum())
        .collect(Collectors.joining(" AND "));
  }

  /** A key that the log left out names no row. */
  private void requireKeys(String counted) throws SQLException {
    String left = form.key().stream().map(n -> "u" + n).collect(Collectors.joining(" OR "));
    long rows =
        file.query(
                "SELECT count(*) FROM "
                    + ChangesView.NAME
                    + " WHERE op = 117 AND ("
                    + left
                    + ") AND "
                    + counted,
                row -> row.getLong(1))
            .get(0);
    if (rows > 0) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot apply changes to "
              + table
              + ": "
              + rows
              + " rows were updated whose key is not in the log as a whole. Set REPLICA IDENTITY"
              + " FULL for the table and copy it again.");
    }
  }

  private void lastEvents(String counted) throws SQLException {
    file.execute(
        "CREATE OR REPLACE TEMP TABLE last_events AS SELECT "
            + sql.keyNames("")
            + ", max(pos) AS p, bool_or(ends) AS ends FROM (SELECT "
            + sql.keys("c", "r")
            + ", pos, "
            + (form.insertOnly() ? "true" : "op IN (117, 100)")
            + " AS ends FROM "
            + ChangesView.NAME
            + " WHERE op <> 116 AND "
            + counted
            + "\nUNION ALL\nSELECT "
            + sql.keys("o", "q")
            + ", pos - 1, true FROM "
            + ChangesView.NAME
            + " WHERE op = 117 AND moved AND "
            + counted
            + ") GROUP BY "
            + sql.keyNames(""));
  }

  /** The changes whose row is there at the end. */
  private String survivors(String counted) {
    return "SELECT w.* FROM "
        + ChangesView.NAME
        + " w SEMI JOIN temp.main.last_events f ON w.pos = f.p WHERE "
        + RowSql.LIVE
        + " AND "
        + counted
        + notVoid;
  }

  /** The columns of which a survivor's value was left out. */
  private List<Part> unchanged() throws SQLException {
    List<Part> parts =
        form.columns().stream().filter(part -> !form.key().contains(part.attnum())).toList();
    if (parts.isEmpty()) {
      return List.of();
    }
    String ask =
        parts.stream()
            .map(part -> "coalesce(bool_or(u" + part.attnum() + "), false)")
            .collect(Collectors.joining(", "));
    return file.query(
            "SELECT " + ask + " FROM temp.main.survivors",
            row -> {
              List<Part> found = new ArrayList<>();
              for (int i = 0; i < parts.size(); i++) {
                if (row.getBoolean(i + 1)) {
                  found.add(parts.get(i));
                }
              }
              return found;
            })
        .get(0);
  }

  private void fill(String counted, List<Part> parts) throws SQLException {
    link(counted, parts);
    List<String> replaced = new ArrayList<>();
    StringBuilder joins = new StringBuilder();
    for (Part part : parts) {
      follow(part);
      take(counted, part);
      int n = part.attnum();
      for (String value : List.of("c", "r")) {
        String taken = "f" + n + "." + value;
        replaced.add(
            "CASE WHEN w.u%1$d THEN %2$s ELSE w.%3$s%1$d END AS %3$s%1$d"
                .formatted(n, taken, value));
      }
      joins.append(" LEFT JOIN temp.main.taken_%1$d f%1$d ON f%1$d.pos = w.pos".formatted(n));
    }
    file.execute(
        "CREATE OR REPLACE TEMP TABLE survivors AS SELECT w.* REPLACE ("
            + String.join(", ", replaced)
            + ") FROM temp.main.survivors w"
            + joins);
    for (Part part : parts) {
      file.execute("DROP TABLE temp.main.taken_" + part.attnum()); // it may be large
    }
  }

  /** Each change that leaves a value out, with the one before it, null where there is none. */
  private void link(String counted, List<Part> parts) throws SQLException {
    List<String> left = parts.stream().map(part -> "u" + part.attnum()).toList();
    String looked =
        form.keyParts().stream()
            .map(
                part ->
                    "CASE WHEN moved THEN %s ELSE %s END AS k%d"
                        .formatted(
                            ChangesView.key(part, "o", "q"),
                            ChangesView.key(part, "c", "r"),
                            part.attnum()))
            .collect(Collectors.joining(", "));
    String live = " FROM " + ChangesView.NAME + " WHERE " + RowSql.LIVE + " AND " + counted;
    file.execute(
        "CREATE OR REPLACE TEMP TABLE links AS SELECT * EXCLUDE (own) FROM (SELECT *, max(own) OVER"
            + " (PARTITION BY "
            + sql.keyNames("")
            // a change is behind the look for the one before it
            + " ORDER BY pos, own NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
            + " AS before FROM (SELECT "
            + sql.keys("c", "r")
            + ", pos, pos AS own, "
            + left.stream().map(u -> "false AS " + u).collect(Collectors.joining(", "))
            + live
            + "\nUNION ALL\nSELECT "
            + looked
            + ", pos, NULL, "
            + String.join(", ", left)
            + live
            + " AND ("
            + String.join(" OR ", left)
            + "))) WHERE own IS NULL");
  }

  /** Finds for each change that leaves a column out where the chain that it is in ends. */
  private void follow(Part part) throws SQLException {
    file.execute(
        "CREATE OR REPLACE TEMP TABLE ends AS SELECT pos, coalesce(before, pos) AS last FROM"
            + " temp.main.links WHERE u"
            + part.attnum());
    String next =
        " FROM temp.main.ends a JOIN temp.main.ends b ON b.pos = a.last AND b.last <> a.last";
    while (file.query("SELECT count(*)" + next, row -> row.getLong(1)).get(0) > 0) {
      file.execute(
          "CREATE OR REPLACE TEMP TABLE ends AS SELECT a.pos, coalesce(b.last, a.last) AS last FROM"
              + " temp.main.ends a LEFT JOIN temp.main.ends b ON b.pos = a.last");
    }
  }

  /** Takes the values of a column that survivors leave out from where they stand. */
  private void take(String counted, Part part) throws SQLException {
    int n = part.attnum();
    String wanted =
        "(SELECT e.* FROM temp.main.ends e SEMI JOIN (SELECT pos FROM temp.main.survivors WHERE u%d) s ON s.pos = e.pos) e"
            .formatted(n);
    file.execute(
        "CREATE OR REPLACE TEMP TABLE taken_%1$d AS SELECT e.pos, v.c%1$d AS c, v.r%1$d AS r FROM %2$s JOIN (SELECT pos, c%1$d, r%1$d FROM %3$s WHERE %4$s AND NOT u%1$d AND %5$s) v ON v.pos = e.last"
                .formatted(n, wanted, ChangesView.NAME, RowSql.LIVE, counted)
            + "\nUNION ALL\nSELECT e.pos, t.%s, %s FROM %s JOIN temp.main.links l ON l.pos = e.last AND l.u%d JOIN %s t ON %s"
                .formatted(
                    ChangesView.quoted(part),
                    RowSql.ownRaw("t", part),
                    wanted,
                    n,
                    table,
                    tableHas("l", "k")));
    requireAll(part);
  }

  /** Nothing is made up: a value that is nowhere means that the file is not what we left. */
  private void requireAll(Part part) throws SQLException {
    long missing =
        file.query(
                "SELECT count(*) FROM temp.main.survivors w ANTI JOIN temp.main.taken_%1$d f ON f.pos = w.pos WHERE w.u%1$d"
                    .formatted(part.attnum()),
                row -> row.getLong(1))
            .get(0);
    if (missing > 0) {
      throw CurrentTable.changed(
          table,
          missing
              + " rows were updated whose value of column "
              + part.name()
              + " is not in the file");
    }
  }
}
