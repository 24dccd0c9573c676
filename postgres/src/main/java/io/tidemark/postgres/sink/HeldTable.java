package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A table of the copy, or one in which changes wait.
 *
 * @param form what it has
 * @param schema where it is
 * @param table its name there
 * @param indexed attribute numbers of the primary key that it has; empty for none
 * @param parts what it has beside columns and key, by the keys of {@link WantedParts}, each with
 *     the text that it was made of
 */
record HeldTable(
    TargetForm form,
    String schema,
    String table,
    List<Integer> indexed,
    Map<String, String> parts) {
  HeldTable {
    indexed = List.copyOf(indexed);
    // an older version wrote none
    parts = parts == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(parts));
  }

  HeldTable(TargetForm form, String schema, String table, List<Integer> indexed) {
    this(form, schema, table, indexed, Map.of());
  }

  /** Its whole name, quoted. */
  String sql() {
    return Sql.name(schema) + "." + Sql.name(table);
  }

  HeldTable with(TargetForm next) {
    return new HeldTable(next, schema, table, indexed, parts);
  }

  HeldTable withIndex(List<Integer> attnums) {
    return new HeldTable(form, schema, table, attnums, parts);
  }

  HeldTable withParts(Map<String, String> next) {
    return new HeldTable(form, schema, table, indexed, next);
  }
}
