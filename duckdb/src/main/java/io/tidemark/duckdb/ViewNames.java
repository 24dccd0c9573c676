package io.tidemark.duckdb;

import io.tidemark.api.model.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The names under which tables are seen. DuckDB takes {@code Orders} and {@code orders} for one
 * name, so a second such table (the one that is not all lower case) has {@code _2} behind it.
 *
 * @param schema of both views
 * @param current the view of current rows
 * @param changes the view of changes
 * @param shortCurrent the view of current rows without a schema, where its name is unique
 * @param shortChanges likewise for the changes
 */
record ViewNames(
    String schema,
    String current,
    String changes,
    Optional<String> shortCurrent,
    Optional<String> shortChanges) {
  /** The schema in which names stand without a schema. */
  static final String MAIN = "main";

  /** Names that the copy itself has. */
  static final Set<String> OWN = Set.of("tidemark", "tidemark_tables");

  private record Full(String schema, String current, String changes) {}

  /** Gives names to the tables of a copy. */
  static Map<TableName, ViewNames> of(List<TableName> tables) {
    Map<TableName, Full> full = full(tables);
    Map<String, Integer> uses = new HashMap<>();
    OWN.forEach(name -> uses.put(name, 2));
    for (Full names : full.values()) {
      // What stands in a schema called main is there already.
      int use = names.schema().equals(MAIN) ? 2 : 1;
      uses.merge(lower(names.current()), use, Integer::sum);
      uses.merge(lower(names.changes()), use, Integer::sum);
    }
    Map<TableName, ViewNames> all = new LinkedHashMap<>();
    full.forEach(
        (table, names) ->
            all.put(
                table,
                new ViewNames(
                    names.schema(),
                    names.current(),
                    names.changes(),
                    once(names.current(), uses),
                    once(names.changes(), uses))));
    return all;
  }

  private static Map<TableName, Full> full(List<TableName> tables) {
    List<TableName> ordered = new ArrayList<>(tables);
    ordered.sort(
        Comparator.comparing((TableName t) -> lower(t.schema()).equals(t.schema()) ? 0 : 1)
            .thenComparing(t -> lower(t.table()).equals(t.table()) ? 0 : 1)
            .thenComparing(Comparator.naturalOrder()));
    UniqueNames schemaNames = new UniqueNames();
    Map<String, String> schemas = new HashMap<>();
    Map<String, UniqueNames> tableNames = new HashMap<>();
    Map<TableName, String> current = new LinkedHashMap<>();
    for (TableName table : ordered) {
      schemas.computeIfAbsent(table.schema(), schema -> schemaNames.take(schema, 2));
      UniqueNames names = tableNames.computeIfAbsent(table.schema(), s -> new UniqueNames());
      current.put(table, names.take(table.table(), 2));
    }
    // Tables come first: one that is called a_changes keeps its name, whatever the changes of a.
    Map<TableName, Full> full = new LinkedHashMap<>();
    current.forEach(
        (table, name) ->
            full.put(
                table,
                new Full(
                    schemas.get(table.schema()),
                    name,
                    tableNames.get(table.schema()).take(name + "_changes", 2))));
    return full;
  }

  private static Optional<String> once(String name, Map<String, Integer> uses) {
    return uses.get(lower(name)) == 1 ? Optional.of(name) : Optional.empty();
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** The view of current rows as SQL names it. */
  String currentSql() {
    return SqlText.name(schema) + "." + SqlText.name(current);
  }

  /** The view of changes as SQL names it. */
  String changesSql() {
    return SqlText.name(schema) + "." + SqlText.name(changes);
  }

  /** Whether any of a statement's words, in lower case, may mean one of the views. */
  boolean in(Set<String> words) {
    return words.contains(lower(current)) || words.contains(lower(changes));
  }

  /** Whether a name in a statement means one of the views. */
  boolean is(String inSchema, String name) {
    return (inSchema.isEmpty() || inSchema.equalsIgnoreCase(schema))
        && (name.equalsIgnoreCase(current) || name.equalsIgnoreCase(changes));
  }
}
