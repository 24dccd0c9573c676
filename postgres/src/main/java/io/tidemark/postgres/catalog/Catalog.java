package io.tidemark.postgres.catalog;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One look at all tables of a database that the filter selects, with their partitions. */
public final class Catalog {
  private final Map<Integer, CatalogTable> byOid = new LinkedHashMap<>();
  private final Map<TableName, CatalogTable> roots = new TreeMap<>();

  Catalog(Collection<CatalogTable> all, TableFilter filter) {
    Map<Integer, CatalogTable> known = new LinkedHashMap<>();
    all.forEach(table -> known.put(table.oid(), table));
    Map<Integer, Map<String, String>> missing = missingInLeaves(all);
    for (CatalogTable each : all) {
      CatalogTable table = each.withMissing(missing.getOrDefault(each.oid(), Map.of()));
      CatalogTable root = known.get(table.root());
      if (root != null && filter.selects(root.name())) {
        byOid.put(table.oid(), table);
        if (!table.isPartition()) {
          roots.put(table.name(), table);
        }
      }
    }
  }

  /** A partitioned table stores nothing, so the value of older rows stands in its leaves alone. */
  private static Map<Integer, Map<String, String>> missingInLeaves(Collection<CatalogTable> all) {
    Map<Integer, Map<String, String>> byRoot = new java.util.HashMap<>();
    for (CatalogTable table : all) {
      if (table.isPartition()) {
        for (CatalogColumn column : table.columns()) {
          column
              .missing()
              .ifPresent(
                  value ->
                      byRoot
                          .computeIfAbsent(table.root(), root -> new java.util.HashMap<>())
                          .putIfAbsent(column.name(), value));
        }
      }
    }
    return byRoot;
  }

  /** Selected tables that are no partitions, by name. */
  public Collection<CatalogTable> tables() {
    return roots.values();
  }

  /** The selected table of a name. */
  public Optional<CatalogTable> table(TableName name) {
    return Optional.ofNullable(roots.get(name));
  }

  /** A selected table, or a partition of one, at any level. */
  public Optional<CatalogTable> relation(int oid) {
    return Optional.ofNullable(byOid.get(oid));
  }

  /**
   * What holds the rows of a table: its leaf partitions in the order of their names, or the table
   * itself.
   */
  public List<CatalogTable> leaves(CatalogTable table) {
    if (!table.partitioned()) {
      return List.of(table);
    }
    return byOid.values().stream()
        .filter(leaf -> leaf.root() == table.oid() && !leaf.partitioned())
        .sorted(java.util.Comparator.comparing(CatalogTable::name))
        .toList();
  }

  /**
   * Whether the log can say which row an UPDATE or DELETE meant, in every partition. A partition to
   * come gets the primary key of its root, but not its identity; where there is none yet, that
   * decides.
   */
  public boolean identityUsable(CatalogTable table) {
    List<CatalogTable> leaves = leaves(table);
    return leaves.isEmpty()
        ? table.identityUsable() && table.identity() == ReplicaIdentity.DEFAULT
        : leaves.stream().allMatch(CatalogTable::identityUsable);
  }
}
