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
    if (!leavesOut) {
      step(counted);
      return;
    }
    requireKeys(counted);
    String left =
        form.columns().stream()
            .map(part -> "u" + part.attnum())
            .collect(Collectors.joining(" OR "));
    List<String> cuts =
        file.query(
            "SELECT pos::VARCHAR FROM "
                + ChangesView.NAME
                + " WHERE op = 117 AND moved AND ("
                + left
                + ") AND "
                + counted
                + " ORDER BY pos",
            row -> row.getString(1));
    String from = "";
    for (String cut : cuts) {
      step(counted + from + " AND pos < " + cut);
      step(counted + " AND pos = " + cut);
      from = " AND pos > " + cut;
    }
    step(counted + from);
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

  private void step(String range) throws SQLException {
    String keys = sql.keys("c", "r");
    file.execute(
        "CREATE OR REPLACE TEMP TABLE last_events AS SELECT "
            + sql.keyNames("")
            + ", max(pos) AS p, bool_or(ends) AS ends FROM (SELECT "
            + keys
            + ", pos, "
            + (form.insertOnly() ? "true" : "op IN (117, 100)")
            + " AS ends FROM "
            + ChangesView.NAME
            + " WHERE op <> 116 AND "
            + range
            + "\nUNION ALL\nSELECT "
            + sql.keys("o", "q")
            + ", pos - 1, true FROM "
            + ChangesView.NAME
            + " WHERE op = 117 AND moved AND "
            + range
            + ") GROUP BY "
            + sql.keyNames(""));
    file.execute(
        "CREATE OR REPLACE TEMP TABLE survivors AS SELECT w.* FROM "
            + ChangesView.NAME
            + " w SEMI JOIN temp.main.last_events f ON w.pos = f.p WHERE "
            + RowSql.LIVE
            + " AND "
            + range
            + notVoid);
    List<Part> unchanged = leavesOut ? unchanged() : List.of();
    if (!unchanged.isEmpty()) {
      fill(range, unchanged);
    }
    file.execute(
        "DELETE FROM "
            + table
            + " AS t USING temp.main.last_events f WHERE f.ends AND "
            + form.keyParts().stream()
                .map(part -> RowSql.own("t", part) + " = f.k" + part.attnum())
                .collect(Collectors.joining(" AND ")));
    sql.insert("temp.main.survivors", "w", "true");
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

  private void fill(String range, List<Part> parts) throws SQLException {
    String any =
        parts.stream().map(part -> "u" + part.attnum()).collect(Collectors.joining(" OR "));
    String looked =
        form.keyParts().stream()
            .map(
                part ->
                    "CASE WHEN moved THEN "
                        + ChangesView.key(part, "o", "q")
                        + " ELSE "
                        + ChangesView.key(part, "c", "r")
                        + " END AS k"
                        + part.attnum())
            .collect(Collectors.joining(", "));
    file.execute(
        "CREATE OR REPLACE TEMP TABLE needing AS SELECT pos, "
            + looked
            + " FROM temp.main.survivors WHERE "
            + any);
    String set = parts.stream().map(KeyedRows::lastSet).collect(Collectors.joining(", "));
    file.execute(
        "CREATE OR REPLACE TEMP TABLE set_before AS SELECT "
            + sql.keyNames("y.")
            + ", "
            + set
            + " FROM (SELECT *, "
            + sql.keys("c", "r")
            + " FROM "
            + ChangesView.NAME
            + " WHERE "
            + RowSql.LIVE
            + " AND "
            + range
            + ") y SEMI JOIN temp.main.needing n USING ("
            + sql.keyNames("")
            + ") GROUP BY "
            + sql.keyNames("y."));
    String held =
        parts.stream()
            .map(
                part ->
                    "{'v': t."
                        + ChangesView.quoted(part)
                        + ", 't': "
                        + RowSql.ownRaw("t", part)
                        + "} AS h"
                        + part.attnum())
            .collect(Collectors.joining(", "));
    file.execute(
        "CREATE OR REPLACE TEMP TABLE held_before AS SELECT n.pos, "
            + held
            + " FROM "
            + table
            + " t JOIN temp.main.needing n ON "
            + form.keyParts().stream()
                .map(part -> RowSql.own("t", part) + " = n.k" + part.attnum())
                .collect(Collectors.joining(" AND ")));
    requireAll(parts);
    List<String> replaced = new ArrayList<>();
    for (Part part : parts) {
      int n = part.attnum();
      String found = "coalesce(g.f" + n + ", h.h" + n + ")";
      replaced.add("CASE WHEN w.u" + n + " THEN " + found + ".v ELSE w.c" + n + " END AS c" + n);
      replaced.add("CASE WHEN w.u" + n + " THEN " + found + ".t ELSE w.r" + n + " END AS r" + n);
    }
    file.execute(
        "CREATE OR REPLACE TEMP TABLE survivors AS SELECT w.* REPLACE ("
            + String.join(", ", replaced)
            + ") FROM temp.main.survivors w LEFT JOIN "
            + found()
            + "LEFT JOIN temp.main.held_before h ON h.pos = w.pos");
  }

  private String found() {
    return "(SELECT n.pos, g.* FROM temp.main.needing n JOIN temp.main.set_before g USING ("
        + sql.keyNames("")
        + ")) g ON g.pos = w.pos ";
  }

  /** Nothing is made up: a value that is nowhere means that the file is not what we left. */
  private void requireAll(List<Part> parts) throws SQLException {
    for (Part part : parts) {
      int n = part.attnum();
      List<Long> missing =
          file.query(
              "SELECT count(*) FROM temp.main.survivors w LEFT JOIN "
                  + found()
                  + "LEFT JOIN temp.main.held_before h ON h.pos = w.pos WHERE w.u"
                  + n
                  + " AND g.f"
                  + n
                  + " IS NULL AND h.pos IS NULL",
              row -> row.getLong(1));
      if (missing.get(0) > 0) {
        throw CurrentTable.changed(
            table,
            missing.get(0)
                + " rows were updated whose value of column "
                + part.name()
                + " is not in the file");
      }
    }
  }

  private static String lastSet(Part part) {
    int n = part.attnum();
    return "arg_max({'v': c"
        + n
        + ", 't': r"
        + n
        + "}, pos) FILTER (WHERE NOT u"
        + n
        + ") AS f"
        + n;
  }
}
