package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import java.sql.SQLException;

/**
 * Applies changes to a table without a key, a multiset of whole rows: what changes add and take
 * away is counted for each row, and just as many equal rows are deleted or inserted. Rows are
 * compared as PostgreSQL's text of them, because not every type has an equality, and some take for
 * equal what the log tells apart (1.0 and 1.00).
 */
final class CountedRows {
  private final TargetSession session;
  private final String table;
  private final TargetForm form;
  private final String changes;
  private final String insert;

  /**
   * @param insert the beginning of a statement that inserts changes {@code n}
   */
  CountedRows(TargetSession session, String table, TargetForm form, String changes, String insert) {
    this.session = session;
    this.table = table;
    this.form = form;
    this.changes = changes;
    this.insert = insert;
  }

  void apply(String counted) throws SQLException {
    String net =
        "(SELECT "
            + CurrentTable.rowText(form, true, "")
            + " AS r, n._leaf AS leaf, sum(CASE n._kind WHEN 0 THEN -1 ELSE 1 END) AS n,"
            + " (array_agg(n.ctid))[1] AS place FROM "
            + changes
            + " AS n WHERE n._kind <> 3 AND "
            + counted
            + " GROUP BY 1, 2)";
    delete(net);
    session.execute(
        insert
            + " JOIN "
            + net
            + " AS g ON g.place = n.ctid CROSS JOIN LATERAL pg_catalog.generate_series(1, g.n) AS"
            + " copies WHERE g.n > 0");
  }

  private void delete(String net) throws SQLException {
    long wanted =
        session.ask(
            "SELECT coalesce(-sum(n), 0) FROM " + net + " AS g WHERE n < 0", row -> row.getLong(1));
    if (wanted == 0) {
      return;
    }
    String sameLeaf =
        form.partitioned()
            ? " AND t." + Sql.name(TargetForm.LEAF) + " IS NOT DISTINCT FROM g.leaf"
            : "";
    long gone =
        session.execute(
            "DELETE FROM "
                + table
                + " AS t WHERE t.ctid IN (SELECT place FROM (SELECT t.ctid AS place, g.n,"
                + " row_number() OVER (PARTITION BY g.place) AS nth FROM "
                + table
                + " AS t JOIN "
                + net
                + " AS g ON "
                + CurrentTable.rowText(form, false, "t.")
                + " = g.r"
                + sameLeaf
                + " WHERE g.n < 0) x WHERE nth <= -n)");
    if (gone != wanted) {
      throw TargetFailure.changed(
          table, wanted + " rows were deleted, of which " + gone + " are in the copy");
    }
  }
}
