package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.snowflake.TableForm.Cell;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Merges changes into a table with a key. Only the last event of each key matters; an update of the
 * key is the end of the old key and the birth of the new one. A value that the log left out is the
 * last one that was set under the key, else the one the table holds. An update that both changes
 * the key and leaves values out takes them from the old key's row, so everything before it is
 * merged first and then that update alone.
 */
final class KeyedRows {
  private final Session session;
  private final String table;
  private final ChangesSql changes;
  private final List<Cell> leftOut;

  KeyedRows(Session session, String table, ChangesSql changes) {
    this.session = session;
    this.table = table;
    this.changes = changes;
    this.leftOut = changes.leftOut();
  }

  void apply() throws SQLException {
    List<String> cuts = leftOut.isEmpty() ? List.of() : cuts();
    String from = "TRUE";
    for (String cut : cuts) {
      String place = SqlText.value(cut);
      merge(from + " AND \"POS\" < " + place, false);
      merge("\"POS\" = " + place, true);
      from = "\"POS\" > " + place;
    }
    merge(from, false);
  }

  private List<String> cuts() throws SQLException {
    return session.query(
        changes.with()
            + " SELECT \"POS\" FROM z WHERE \"OP\" = 'u' AND \"MOVED\" AND NOT \"VOID\" AND ("
            + leftOut.stream()
                .map(cell -> "\"U" + cell.attnum() + "\"")
                .collect(Collectors.joining(" OR "))
            + ") ORDER BY \"POS\"",
        row -> row.getString(1));
  }

  /**
   * Merges the changes of a range.
   *
   * @param alone whether it is one update whose values are those of the old key's row
   */
  private void merge(String range, boolean alone) throws SQLException {
    String source = source(range, alone);
    if (!leftOut.isEmpty()) {
      requireHeld(source, alone);
    }
    List<String> sets = new ArrayList<>();
    for (Cell cell : changes.form().live()) {
      boolean kept = leftOut.contains(cell) && !alone;
      sets.add(cell.sql() + " = " + set(cell, "C", "t." + cell.sql(), kept));
      if (cell.raw()) {
        sets.add(cell.rawSql() + " = " + set(cell, "R", "t." + cell.rawSql(), kept));
      }
    }
    if (changes.form().leaf()) {
      sets.add(SqlText.name(Destination.LEAF) + " = s.\"LEAF\"");
    }
    session.execute(
        "MERGE INTO "
            + table
            + " t USING ("
            + source
            + ") s ON "
            + equal("t", "s", "K", "L")
            + " WHEN MATCHED AND s.\"GONE\" THEN DELETE WHEN MATCHED THEN UPDATE SET "
            + String.join(", ", sets)
            + " WHEN NOT MATCHED AND NOT s.\"GONE\" THEN INSERT ("
            + changes.columns()
            + ") VALUES ("
            + changes.values("s.")
            + ")");
  }

  private static String set(Cell cell, String prefix, String held, boolean kept) {
    int n = cell.attnum();
    String given = "s.\"" + prefix + n + "\"";
    return kept ? "CASE WHEN s.\"U" + n + "\" THEN " + held + " ELSE " + given + " END" : given;
  }

  /** One row for each key of a range: what is last said of it. */
  private String source(String range, boolean alone) {
    String all = all();
    String born =
        "SELECT \"POS\", (\"OP\" = 'd' OR \"VOID\") AS \"GONE\", \"LEAF\", "
            + keys("C", "R")
            + all
            + " FROM z WHERE \"OP\" <> 't' AND "
            + range;
    String left =
        "SELECT \"POS\", TRUE, \"LEAF\", "
            + keys("O", "Q")
            + all
            + " FROM z WHERE \"OP\" = 'u' AND \"MOVED\" AND "
            + range;
    String keyNames =
        changes.identity().stream()
            .map(cell -> "\"K" + cell.attnum() + "\", \"L" + cell.attnum() + "\"")
            .collect(Collectors.joining(", "));
    String last =
        leftOut.stream()
            .map(
                cell ->
                    ", MAX(CASE WHEN NOT \"GONE\" AND NOT \"U"
                        + cell.attnum()
                        + "\" THEN \"POS\" END) OVER (PARTITION BY "
                        + keyNames
                        + ") AS \"P"
                        + cell.attnum()
                        + "\"")
            .collect(Collectors.joining());
    return changes.with()
        + ", e AS ("
        + born
        + " UNION ALL "
        + left
        + "), l AS (SELECT e.*"
        + last
        + " FROM e QUALIFY ROW_NUMBER() OVER (PARTITION BY "
        + keyNames
        + " ORDER BY \"POS\" DESC) = 1) SELECT "
        + filled(alone)
        + " FROM l"
        + joins(alone);
  }

  private String keys(String value, String raw) {
    return changes.identity().stream()
        .map(
            cell ->
                "\"%s%d\" AS \"K%2$d\", \"%s%2$d\" AS \"L%2$d\""
                    .formatted(value, cell.attnum(), raw))
        .collect(Collectors.joining(", "));
  }

  private String all() {
    String old =
        changes.identity().stream()
            .map(cell -> ", \"O%1$d\", \"Q%1$d\"".formatted(cell.attnum()))
            .collect(Collectors.joining());
    return changes.form().live().stream()
            .map(cell -> ", \"C%1$d\", \"R%1$d\", \"U%1$d\"".formatted(cell.attnum()))
            .collect(Collectors.joining())
        + old;
  }

  private String filled(boolean alone) {
    List<String> items = new ArrayList<>();
    items.add("l.\"POS\", l.\"GONE\", l.\"LEAF\"");
    for (Cell cell : changes.identity()) {
      items.add("l.\"K%1$d\", l.\"L%1$d\"".formatted(cell.attnum()));
    }
    for (Cell cell : changes.form().live()) {
      int n = cell.attnum();
      if (!leftOut.contains(cell)) {
        items.add("l.\"C%1$d\", l.\"R%1$d\"".formatted(n));
        continue;
      }
      String value = alone ? "h." + cell.sql() : "f" + n + ".\"C" + n + "\"";
      String raw = alone ? cell.rawOrNull("h.") : "f" + n + ".\"R" + n + "\"";
      String when = "CASE WHEN l.\"U" + n + "\" THEN ";
      items.add(when + value + " ELSE l.\"C" + n + "\" END AS \"C" + n + "\"");
      items.add(when + raw + " ELSE l.\"R" + n + "\" END AS \"R" + n + "\"");
      String held = alone ? "h.\"HELD\"" : "f" + n + ".\"POS\"";
      items.add("(l.\"U" + n + "\" AND " + held + " IS NULL) AS \"U" + n + "\"");
    }
    return String.join(", ", items);
  }

  private String joins(boolean alone) {
    if (leftOut.isEmpty()) {
      return "";
    } else if (alone) {
      return " LEFT JOIN (SELECT t.*, TRUE AS \"HELD\" FROM "
          + table
          + " t) h ON "
          + equal("h", "l", "O", "Q");
    }
    return leftOut.stream()
        .map(cell -> " LEFT JOIN z f%1$d ON f%1$d.\"POS\" = l.\"P%1$d\"".formatted(cell.attnum()))
        .collect(Collectors.joining());
  }

  /** That a row of the table has a key. */
  private String equal(String table, String row, String value, String raw) {
    return changes.identity().stream()
        .map(
            cell -> {
              String own = table + "." + cell.sql();
              String other = row + ".\"" + value + cell.attnum() + "\"";
              return cell.raw()
                  ? own
                      + " IS NOT DISTINCT FROM "
                      + other
                      + " AND "
                      + table
                      + "."
                      + cell.rawSql()
                      + " IS NOT DISTINCT FROM "
                      + row
                      + ".\""
                      + raw
                      + cell.attnum()
                      + "\""
                  : own + " = " + other;
            })
        .collect(Collectors.joining(" AND "));
  }

  /** Nothing is made up: a value that is nowhere means that the table is not what we left. */
  private void requireHeld(String source, boolean alone) throws SQLException {
    String missing =
        leftOut.stream()
            .map(cell -> "s.\"U" + cell.attnum() + "\"")
            .collect(Collectors.joining(" OR "));
    String held =
        alone
            ? ""
            : " LEFT JOIN (SELECT t.*, TRUE AS \"HELD\" FROM "
                + table
                + " t) h ON "
                + equal("h", "s", "K", "L");
    long rows =
        session
            .query(
                "SELECT COUNT(*) FROM ("
                    + source
                    + ") s"
                    + held
                    + " WHERE NOT s.\"GONE\" AND ("
                    + missing
                    + ")"
                    + (alone ? "" : " AND h.\"HELD\" IS NULL"),
                row -> row.getLong(1))
            .get(0);
    if (rows > 0) {
      throw changed(
          table, rows + " rows were updated of which not every value is in the log or the table");
    }
  }

  static TidemarkException changed(String table, String reason) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot apply changes to "
            + table
            + ": "
            + reason
            + ". Somebody else has changed the table; copy it again.");
  }
}
