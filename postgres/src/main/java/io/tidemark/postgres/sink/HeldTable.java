package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import java.util.List;

/**
 * A table of the copy, or one in which changes wait.
 *
 * @param form what it has
 * @param schema where it is
 * @param table its name there
 * @param indexed attribute numbers of the primary key that it has; empty for none
 */
record HeldTable(TargetForm form, String schema, String table, List<Integer> indexed) {
  HeldTable {
    indexed = List.copyOf(indexed);
  }

  /** Its whole name, quoted. */
  String sql() {
    return Sql.name(schema) + "." + Sql.name(table);
  }

  HeldTable with(TargetForm next) {
    return new HeldTable(next, schema, table, indexed);
  }

  HeldTable withIndex(List<Integer> attnums) {
    return new HeldTable(form, schema, table, attnums);
  }
}
