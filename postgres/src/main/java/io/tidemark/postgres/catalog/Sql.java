package io.tidemark.postgres.catalog;

import io.tidemark.api.model.TableName;

/** Writes names and texts into SQL. */
public final class Sql {
  private Sql() {}

  /** A quoted identifier. */
  public static String name(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  /** A quoted, qualified table name. */
  public static String name(TableName table) {
    return name(table.schema()) + "." + name(table.table());
  }

  /** A text literal; right whatever standard_conforming_strings says. */
  public static String text(String value) {
    String quoted = "'" + value.replace("'", "''") + "'";
    return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
  }
}
