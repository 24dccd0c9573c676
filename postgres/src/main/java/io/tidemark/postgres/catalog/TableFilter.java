package io.tidemark.postgres.catalog;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TablePatterns;
import java.util.List;

/** Which tables are captured: those that fit a pattern of the first list and none of the second. */
public final class TableFilter {
  private final TablePatterns include;
  private final TablePatterns exclude;

  public TableFilter(List<String> include, List<String> exclude) {
    this.include = TablePatterns.of(include);
    this.exclude = TablePatterns.of(exclude);
  }

  /** Whether a table is captured. Tables of the server's own schemas never are. */
  public boolean selects(TableName table) {
    if (table.schema().startsWith("pg_") || table.schema().equals("information_schema")) {
      return false;
    }
    return include.fit(table) && !exclude.fit(table);
  }
}
