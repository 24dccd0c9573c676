package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Views over Parquet files of changes. */
final class LakeSource implements ViewSource {
  @Override
  public TableForm form(CopiedTable table, Connection connection) throws SQLException {
    return TableForm.of(table, connection);
  }

  @Override
  public String current(TableForm form) {
    return CurrentRows.sql(form);
  }

  @Override
  public Optional<String> changes(TableForm form) {
    return Optional.of(ChangeRowsSql.all(form));
  }

  @Override
  public boolean keepsChanges() {
    return true;
  }
}
