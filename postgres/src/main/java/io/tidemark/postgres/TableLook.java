package io.tidemark.postgres;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogColumn;
import io.tidemark.postgres.catalog.CatalogTable;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the catalog showed of a table and can change without a row change in the stream.
 *
 * @param leaves what holds its rows, by pg_class.oid: the table itself, or its leaf partitions
 * @param stamps pg_attribute.xmin of all columns: changes with every change of a definition
 * @param attributes the highest attribute number that the table had ever given out; 0 for unknown
 */
record TableLook(Map<Integer, Leaf> leaves, String stamps, int attributes) {
  private static final long UNKNOWN_FILE = 0;

  /**
   * @param name of the relation
   * @param file pg_class.relfilenode
   * @param attached pg_attribute.xmin of a partition's columns, each once: ATTACH and DETACH touch
   *     them all. Empty where not known, and for a table that is no partition
   */
  record Leaf(TableName name, long file, String attached) {
    boolean wasAttachedSince(Leaf before) {
      boolean known = before.attached != null && !before.attached.isEmpty() && !attached.isEmpty();
      return known
          && Collections.disjoint(
              List.of(before.attached.split(" ")), List.of(attached.split(" ")));
    }
  }

  TableLook {
    leaves = new TreeMap<>(leaves);
  }

  static TableLook of(Catalog catalog, CatalogTable table) {
    Map<Integer, Leaf> leaves = new TreeMap<>();
    for (CatalogTable leaf : catalog.leaves(table)) {
      leaves.put(leaf.oid(), new Leaf(leaf.name(), leaf.fileNode(), attached(leaf)));
    }
    return new TableLook(
        leaves,
        table.columns().stream().map(CatalogColumn::stamp).collect(Collectors.joining(" ")),
        table.attributes());
  }

  private static String attached(CatalogTable leaf) {
    return leaf.isPartition()
        ? leaf.columns().stream()
            .map(CatalogColumn::stamp)
            .distinct()
            .sorted()
            .collect(Collectors.joining(" "))
        : "";
  }

  /** Whether a partition that another look has as well was detached and attached again since. */
  boolean isAttachedAgain(int leaf, TableLook before) {
    Leaf then = before.leaves.get(leaf);
    return then != null && leaves.get(leaf).wasAttachedSince(then);
  }

  /** The same with a leaf more, whose file is not known: it was copied before a look showed it. */
  TableLook with(int oid, TableName leaf) {
    Map<Integer, Leaf> more = new TreeMap<>(leaves);
    more.put(oid, new Leaf(leaf, UNKNOWN_FILE, ""));
    return new TableLook(more, stamps, attributes);
  }

  /** The same without a leaf. */
  TableLook without(int oid) {
    Map<Integer, Leaf> fewer = new TreeMap<>(leaves);
    fewer.remove(oid);
    return new TableLook(fewer, stamps, attributes);
  }

  /**
   * The same with the names of leaves by which they were known before, except where another leaf
   * has taken such a name: then both have their own, and the renamed one counts as another leaf.
   */
  TableLook named(TableLook before) {
    Map<Integer, Leaf> named = new TreeMap<>(leaves);
    named.replaceAll(
        (oid, leaf) -> {
          Leaf known = before.leaves.get(oid);
          return known == null || isTaken(known.name(), oid)
              ? leaf
              : new Leaf(known.name(), leaf.file(), leaf.attached());
        });
    return new TableLook(named, stamps, attributes);
  }

  private boolean isTaken(TableName name, int oid) {
    return leaves.entrySet().stream()
        .anyMatch(leaf -> leaf.getKey() != oid && leaf.getValue().name().equals(name));
  }

  /** Whether a leaf has a name. */
  boolean hasLeaf(TableName name) {
    return leaves.values().stream().anyMatch(leaf -> leaf.name().equals(name));
  }

  /** Whether both have the same leaves under the same names. */
  boolean sameLeaves(TableLook other) {
    return leaves.keySet().equals(other.leaves.keySet())
        && leaves.entrySet().stream()
            .allMatch(
                leaf -> leaf.getValue().name().equals(other.leaves.get(leaf.getKey()).name()));
  }

  /** Whether a relation that both looks have got another file: rewritten, truncated or packed. */
  @JsonIgnore
  boolean fileChanged(TableLook before) {
    return leaves.entrySet().stream()
        .anyMatch(
            leaf ->
                before.leaves.containsKey(leaf.getKey())
                    && before.leaves.get(leaf.getKey()).file() != UNKNOWN_FILE
                    && before.leaves.get(leaf.getKey()).file() != leaf.getValue().file());
  }
}
