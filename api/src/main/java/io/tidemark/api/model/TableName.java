package io.tidemark.api.model;

/**
 * The name of a table as PostgreSQL holds it, unquoted and in its own case.
 *
 * @param schema the schema ("namespace")
 * @param table the relation; for a partitioned table its root
 */
public record TableName(String schema, String table) implements Comparable<TableName> {
  public TableName {
    if (schema.isEmpty() || table.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot name a table '" + schema + "." + table + "': a part is empty.");
    }
  }

  /**
   * Reads {@code schema.table}; the first dot parts the two, and a name without one is of schema
   * {@code public}.
   */
  public static TableName parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new TableName("public", text)
        : new TableName(text.substring(0, dot), text.substring(dot + 1));
  }

  @Override
  public int compareTo(TableName other) {
    int bySchema = schema.compareTo(other.schema);
    return bySchema != 0 ? bySchema : table.compareTo(other.table);
  }

  @Override
  public String toString() {
    return schema + "." + table;
  }
}
