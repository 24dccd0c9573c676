package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Where the views over a copy take their rows from. */
interface ViewSource {
  /** Looks at a table. */
  TableForm form(CopiedTable table, Connection connection) throws SQLException;

  /** The SQL of a table's current rows: the columns that are shown, then those of raw texts. */
  String current(TableForm form);

  /** The SQL of a table's changes; empty where the copy has current rows alone. */
  Optional<String> changes(TableForm form);

  /** Whether tables have changes. */
  boolean keepsChanges();
}
