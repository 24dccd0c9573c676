package io.tidemark.duckdb.sink;

import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Applies changes to a table without a key, a multiset of whole rows: what changes add and take
 * away is counted for each row, and just as many equal rows are deleted or inserted.
 */
final class CountedRows {
  private final CopyFile file;
  private final String table;
  private final TargetForm form;
  private final RowSql sql;
  private final String notVoid;

  /**
   * @param notVoid condition, with AND before it, that a change {@code w} was not emptied away
   */
  CountedRows(CopyFile file, String table, TargetForm form, String notVoid) {
    this.file = file;
    this.table = table;
    this.form = form;
    this.sql = new RowSql(file, table, form);
    this.notVoid = notVoid;
  }

  void apply(String counted) throws SQLException {
    String row =
        form.columns().stream()
            .map(part -> "c" + part.attnum() + ", r" + part.attnum())
            .collect(Collectors.joining(", "));
    String old =
        form.columns().stream()
            .map(part -> "o" + part.attnum() + ", q" + part.attnum())
            .collect(Collectors.joining(", "));
    String from = " FROM " + ChangesView.NAME + " w WHERE " + counted + notVoid + " AND ";
    file.execute(
        "CREATE OR REPLACE TEMP TABLE net AS SELECT "
            + row
            + ", leaf, sum(n)::BIGINT AS n, row_number() OVER () AS id FROM (SELECT "
            + row
            + ", leaf, 1 AS n"
            + from
            + RowSql.LIVE
            + "\nUNION ALL\nSELECT "
            + row
            + ", leaf, -1"
            + from
            + "op = 100\nUNION ALL\nSELECT "
            + old
            + ", leaf, -1"
            + from
            + "op = 117 AND was > 0) GROUP BY "
            + row
            + ", leaf"
            + signs()
            + " HAVING sum(n) <> 0");
    long gone =
        file.execute(
            "DELETE FROM "
                + table
                + " WHERE rowid IN (SELECT place FROM (SELECT t.rowid AS place, d.n, row_number()"
                + " OVER (PARTITION BY d.id) AS nth FROM "
                + table
                + " t JOIN temp.main.net d ON "
                + equal()
                + " WHERE d.n < 0) WHERE nth <= -n)");
    long wanted =
        file.query(
                "SELECT coalesce(-sum(n), 0)::BIGINT FROM temp.main.net WHERE n < 0",
                found -> found.getLong(1))
            .get(0);
    if (gone != wanted) {
      throw CurrentTable.changed(
          table, wanted + " rows were deleted, of which " + gone + " are in the file");
    }
    sql.insert("temp.main.net", "w, range(w.n) AS copies(nth)", "w.n > 0");
  }

  private String equal() {
    List<String> conditions = new ArrayList<>();
    for (Part part : form.columns()) {
      int n = part.attnum();
      String own = "t." + ChangesView.quoted(part);
      conditions.add(own + " IS NOT DISTINCT FROM d.c" + n);
      if (TargetForm.holdsFloats(part.type())) {
        conditions.add(own + "::VARCHAR IS NOT DISTINCT FROM d.c" + n + "::VARCHAR");
      }
      if (part.raw()) {
        conditions.add(RowSql.ownRaw("t", part) + " IS NOT DISTINCT FROM d.r" + n);
      }
    }
    if (form.partitioned()) {
      conditions.add("t." + SqlText.name(TargetForm.LEAF) + " IS NOT DISTINCT FROM d.leaf");
    }
    return String.join(" AND ", conditions);
  }

  /** What tells values apart that DuckDB takes for equal: 0 and -0. */
  private String signs() {
    return form.columns().stream()
        .filter(part -> TargetForm.holdsFloats(part.type()))
        .map(part -> ", c" + part.attnum() + "::VARCHAR")
        .collect(Collectors.joining());
  }
}
