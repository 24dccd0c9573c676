package io.tidemark.snowflake;

import io.tidemark.snowflake.Facts.Kinds;
import java.sql.SQLException;
import java.util.List;

/**
 * Applies changes to a table of current rows; rows before the last TRUNCATE of the whole table do
 * not count. TRUNCATE is DELETE here, because Snowflake's own TRUNCATE would commit.
 */
final class CurrentTable {
  private final Session session;
  private final String table;
  private final ChangesSql changes;
  private final Kinds kinds;
  private final boolean insertOnly;

  /**
   * @param table its whole name in SQL
   * @param kinds what there may be among the changes
   * @param insertOnly whether one insert ends an earlier one
   */
  CurrentTable(Session session, String table, ChangesSql changes, Kinds kinds, boolean insertOnly) {
    this.session = session;
    this.table = table;
    this.changes = changes;
    this.kinds = kinds;
    this.insertOnly = insertOnly;
  }

  void apply() throws SQLException {
    ChangesSql counted = kinds.truncates() ? truncated() : changes;
    if (!kinds.ending() && !insertOnly) {
      session.execute(
          "INSERT INTO "
              + table
              + " ("
              + counted.columns()
              + ") "
              + counted.with()
              + " SELECT "
              + counted.values("")
              + " FROM z WHERE NOT \"VOID\" AND "
              + ChangesSql.LIVE);
    } else if (counted.hasKey()) {
      new KeyedRows(session, table, counted).apply();
    } else {
      new CountedRows(session, table, counted).apply();
    }
  }

  /** Empties the table or leaves of it, and gives the changes that count behind that. */
  private ChangesSql truncated() throws SQLException {
    List<String> last =
        session.query(
            changes.with() + " SELECT MAX(\"POS\") FROM z WHERE \"OP\" = 't' AND \"LEAF\" IS NULL",
            row -> String.valueOf(row.getString(1)));
    ChangesSql counted = changes;
    if (!last.get(0).equals("null")) {
      session.execute("DELETE FROM " + table);
      counted = changes.from(last.get(0));
    }
    if (counted.form().leaf()) {
      session.execute(
          "DELETE FROM "
              + table
              + " WHERE "
              + SqlText.name(Destination.LEAF)
              + " IN ("
              + counted.with()
              + " SELECT \"LEAF\" FROM z WHERE \"OP\" = 't' AND \"LEAF\" IS NOT NULL)");
    }
    return counted;
  }
}
