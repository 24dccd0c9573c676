package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.sink.Segment.Ops;
import java.math.BigInteger;
import java.sql.SQLException;
import java.util.List;

/**
 * Applies changes to a table of current rows. Changes are seen through {@link ChangesView}; rows
 * before the last TRUNCATE of the whole table do not count.
 */
final class CurrentTable {
  private final CopyFile file;
  private final String table;
  private final TargetForm form;
  private final Ops ops;
  private final String which;
  private final boolean unchanged;

  /**
   * @param table its whole name in SQL
   * @param form its form, the one that the view has been made for
   * @param ops what operations the view may have
   * @param which condition on the rows of the view that are to be applied
   * @param unchanged whether any row may leave values out
   */
  CurrentTable(
      CopyFile file, String table, TargetForm form, Ops ops, String which, boolean unchanged) {
    this.file = file;
    this.table = table;
    this.form = form;
    this.ops = ops;
    this.which = which;
    this.unchanged = unchanged;
  }

  void apply() throws SQLException {
    String counted = which;
    if (ops.truncates()) {
      BigInteger from = position("max(pos)", "op = 116 AND leaf IS NULL AND " + which);
      if (from != null) {
        file.execute("TRUNCATE " + table);
        counted = which + " AND pos > " + from;
      }
      truncateLeaves(counted);
    }
    String notVoid = notVoid();
    if (!ops.ending() && !form.insertOnly()) {
      new RowSql(file, table, form)
          .insert(ChangesView.NAME, "w", RowSql.LIVE + " AND " + counted + notVoid);
    } else if (form.hasKey()) {
      new KeyedRows(file, table, form, notVoid, unchanged).apply(counted);
    } else {
      new CountedRows(file, table, form, notVoid).apply(counted);
    }
  }

  private BigInteger position(String what, String where) throws SQLException {
    return file
        .query(
            "SELECT (" + what + ")::VARCHAR FROM " + ChangesView.NAME + " WHERE " + where,
            row ->
                row.getString(1) == null
                    ? List.<BigInteger>of()
                    : List.of(new BigInteger(row.getString(1))))
        .stream()
        .flatMap(List::stream)
        .findFirst()
        .orElse(null);
  }

  private void truncateLeaves(String counted) throws SQLException {
    if (form.partitioned()) {
      file.execute(
          "CREATE OR REPLACE TEMP TABLE emptied AS SELECT leaf, max(pos) AS p FROM "
              + ChangesView.NAME
              + " WHERE op = 116 AND leaf IS NOT NULL AND "
              + counted
              + " GROUP BY leaf");
      file.execute(
          "DELETE FROM "
              + table
              + " WHERE "
              + SqlText.name(TargetForm.LEAF)
              + " IN (SELECT leaf FROM temp.main.emptied)");
    }
  }

  /**
   * A condition, with AND before it, that a change {@code w} was not emptied away with its leaf.
   */
  private String notVoid() {
    return ops.truncates() && form.partitioned()
        ? " AND NOT EXISTS (FROM temp.main.emptied e WHERE e.leaf = w.leaf AND e.p > w.pos)"
        : "";
  }

  /** Nothing is made up: what should be there and is not means that the file is not ours. */
  static TidemarkException changed(String table, String reason) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot apply changes to "
            + table
            + ": "
            + reason
            + ". Somebody else has changed the table; copy it again.");
  }

  /** Frees what applying has put into temporary tables. */
  static void free(CopyFile file) throws SQLException {
    for (String table :
        List.of("last_events", "survivors", "needing", "set_before", "held_before", "net")) {
      file.execute("DROP TABLE IF EXISTS temp.main." + table);
    }
  }
}
