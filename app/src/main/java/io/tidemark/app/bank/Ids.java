package io.tidemark.app.bank;

import java.sql.SQLException;

/** Where the ids of new rows come from. */
interface Ids {
  /** Tables whose rows have ids. */
  enum Table {
    CUSTOMERS,
    ACCOUNTS,
    TRANSACTIONS
  }

  /** An id of a table that was never given before. */
  long next(Table table) throws SQLException;
}
