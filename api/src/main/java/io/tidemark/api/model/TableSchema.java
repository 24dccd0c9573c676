package io.tidemark.api.model;

import java.util.List;
import java.util.Optional;

/**
 * One version of a table's form. Versions of a table are numbered from 1 in the order of the log; a
 * version holds from the first change that needed it up to the next version.
 *
 * @param name the table; a partition's rows come under its root's name
 * @param relationOid the table's OID in the source database; a table dropped and made again has
 *     another
 * @param version 1 or more
 * @param columns in the order of their attribute numbers
 * @param key attribute numbers of the primary key (or of the unique index that serves as replica
 *     identity), in the key's own order; empty for a table without one
 * @param identity what the log carries of old rows
 * @param partitioned whether rows carry the leaf partition they live in
 */
public record TableSchema(
    TableName name,
    int relationOid,
    int version,
    List<Column> columns,
    List<Integer> key,
    ReplicaIdentity identity,
    boolean partitioned) {

  /** PostgreSQL's REPLICA IDENTITY of a table. */
  public enum ReplicaIdentity {
    /** The primary key. */
    DEFAULT,
    /** A unique index that the owner named. */
    INDEX,
    /** The whole row. */
    FULL,
    /** Nothing: only INSERT and TRUNCATE can be captured. */
    NOTHING
  }

  public TableSchema {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
    for (int i = 1; i < columns.size(); i++) {
      if (columns.get(i - 1).attnum() >= columns.get(i).attnum()) {
        throw new IllegalArgumentException(
            "Cannot describe table "
                + name
                + ": columns are not in the order of their attribute numbers.");
      }
    }
  }

  /** Whether rows can be told apart by a key; without one a table is a multiset of whole rows. */
  public boolean hasKey() {
    return !key.isEmpty();
  }

  /** Where the column of an attribute number stands in {@link #columns}, -1 where there is none. */
  public int indexOf(int attnum) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).attnum() == attnum) {
        return i;
      }
    }
    return -1;
  }

  /** The column of a name. */
  public Optional<Column> column(String name) {
    return columns.stream().filter(column -> column.name().equals(name)).findFirst();
  }

  /** The key's columns, in the key's order. */
  public List<Column> keyColumns() {
    return key.stream().map(attnum -> columns.get(indexOf(attnum))).toList();
  }
}
