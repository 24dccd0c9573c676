package io.tidemark.snowflake;

import io.tidemark.snowflake.TableForm.Cell;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Applies changes to a table without a key, a multiset of whole rows: what changes add and take
 * away is counted for each row, and just as many equal rows are deleted or inserted.
 */
final class CountedRows {
  private final Session session;
  private final String table;
  private final ChangesSql changes;

  CountedRows(Session session, String table, ChangesSql changes) {
    this.session = session;
    this.table = table;
    this.changes = changes;
  }

  void apply() throws SQLException {
    String net = changes.with() + ", " + net();
    long wanted =
        session
            .query(
                net
                    + " SELECT COALESCE(-SUM(\"NET\"), 0) FROM g WHERE \"NET\" < 0 AND \"N\" = -1"
                    + " AND \"NTH\" = 1",
                row -> row.getLong(1))
            .get(0);
    if (wanted > 0) {
      delete(net, wanted);
    }
    session.execute(
        "INSERT INTO "
            + table
            + " ("
            + changes.columns()
            + ") "
            + net
            + " SELECT "
            + changes.values("")
            + " FROM g WHERE \"N\" = 1 AND \"NTH\" <= \"NET\"");
  }

  /** Every row added and taken away, with the sum over equal rows, numbered among its like. */
  private String net() {
    String now = row();
    String asNow =
        changes.form().live().stream()
            .map(cell -> "\"O%1$d\" AS \"C%1$d\", \"Q%1$d\" AS \"R%1$d\"".formatted(cell.attnum()))
            .collect(Collectors.joining(", "));
    String equal = now + ", \"LEAF\"" + signs();
    return "e AS (SELECT \"POS\", \"LEAF\", 1 AS \"N\", "
        + now
        + " FROM z WHERE NOT \"VOID\" AND "
        + ChangesSql.LIVE
        + " UNION ALL SELECT \"POS\", \"LEAF\", -1, "
        + now
        + " FROM z WHERE NOT \"VOID\" AND \"OP\" = 'd' UNION ALL SELECT \"POS\", \"LEAF\", -1, "
        + asNow
        + " FROM z WHERE NOT \"VOID\" AND \"OP\" = 'u' AND \"MOVED\"), g AS (SELECT e.*,"
        + " SUM(\"N\") OVER (PARTITION BY "
        + equal
        + ") AS \"NET\", ROW_NUMBER() OVER (PARTITION BY "
        + equal
        + ", \"N\" ORDER BY \"POS\") AS \"NTH\" FROM e)";
  }

  private String row() {
    return changes.form().live().stream()
        .map(cell -> "\"C%1$d\", \"R%1$d\"".formatted(cell.attnum()))
        .collect(Collectors.joining(", "));
  }

  /** What tells values apart that SQL takes for equal: 0 and -0. */
  private String signs() {
    return changes.form().live().stream()
        .filter(cell -> cell.type().equals("FLOAT"))
        .map(cell -> ", TO_VARCHAR(\"C" + cell.attnum() + "\")")
        .collect(Collectors.joining());
  }

  private void delete(String net, long wanted) throws SQLException {
    String row = SqlText.name(Destination.ROW);
    long gone =
        session.execute(
            "DELETE FROM "
                + table
                + " WHERE "
                + row
                + " IN ("
                + net
                + " SELECT \"PLACE\" FROM (SELECT t."
                + row
                + " AS \"PLACE\", d.\"NET\", ROW_NUMBER() OVER (PARTITION BY d.\"POS\" ORDER BY t."
                + row
                + ") AS \"AT\" FROM "
                + table
                + " t JOIN g d ON "
                + equal()
                + " WHERE d.\"NET\" < 0 AND d.\"N\" = -1 AND d.\"NTH\" = 1) WHERE \"AT\" <="
                + " -\"NET\")");
    if (gone != wanted) {
      throw KeyedRows.changed(
          table, wanted + " rows were deleted, of which " + gone + " are in the table");
    }
  }

  private String equal() {
    List<String> conditions = new ArrayList<>();
    for (Cell cell : changes.form().live()) {
      int n = cell.attnum();
      conditions.add("t." + cell.sql() + " IS NOT DISTINCT FROM d.\"C" + n + "\"");
      if (cell.type().equals("FLOAT")) {
        conditions.add(
            "TO_VARCHAR(t." + cell.sql() + ") IS NOT DISTINCT FROM TO_VARCHAR(d.\"C" + n + "\")");
      }
      if (cell.raw()) {
        conditions.add("t." + cell.rawSql() + " IS NOT DISTINCT FROM d.\"R" + n + "\"");
      }
    }
    if (changes.form().leaf()) {
      conditions.add("t." + SqlText.name(Destination.LEAF) + " IS NOT DISTINCT FROM d.\"LEAF\"");
    }
    return String.join(" AND ", conditions);
  }
}
