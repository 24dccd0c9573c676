package io.tidemark.postgres.catalog;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.util.List;

/**
 * A table or a partition as the catalog holds it.
 *
 * @param oid pg_class.oid
 * @param name its own name
 * @param root OID of the topmost partitioned table above it; its own where it is no partition
 * @param partitioned whether it is a partitioned table, which holds no rows of its own
 * @param unlogged whether its changes are not in the log
 * @param identity REPLICA IDENTITY
 * @param identityUsable whether the log can say which row an UPDATE or DELETE meant
 * @param rowSecurity whether policies may hide rows from this role
 * @param readable whether this role may SELECT from it
 * @param fileNode pg_class.relfilenode: another one after a rewrite, a TRUNCATE, a VACUUM FULL
 * @param rows the planner's estimate, -1 where there is none
 * @param pages the planner's number of pages
 * @param attributes the highest attribute number that was ever given out, dropped columns included
 * @param columns live columns in the order of their attribute numbers
 * @param key attribute numbers of the primary key or the identity index, in its order; may be empty
 */
public record CatalogTable(
    int oid,
    TableName name,
    int root,
    boolean partitioned,
    boolean unlogged,
    ReplicaIdentity identity,
    boolean identityUsable,
    boolean rowSecurity,
    boolean readable,
    long fileNode,
    long rows,
    long pages,
    int attributes,
    List<CatalogColumn> columns,
    List<Integer> key) {
  public CatalogTable {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  /** The same table, its columns with values for older rows where they have none. */
  CatalogTable withMissing(java.util.Map<String, String> missing) {
    if (missing.isEmpty()) {
      return this;
    }
    List<CatalogColumn> filled =
        columns.stream()
            .map(
                column ->
                    column.missing().isPresent() || !missing.containsKey(column.name())
                        ? column
                        : column.withMissing(missing.get(column.name())))
            .toList();
    return new CatalogTable(
        oid,
        name,
        root,
        partitioned,
        unlogged,
        identity,
        identityUsable,
        rowSecurity,
        readable,
        fileNode,
        rows,
        pages,
        attributes,
        filled,
        key);
  }

  /** Whether it is a partition of another table. */
  public boolean isPartition() {
    return root != oid;
  }
}
