package io.tidemark.postgres.stream;

import java.util.List;

/**
 * A RELATION message of pgoutput: the form of the rows that follow. Names and type ids only; the
 * attribute numbers are the catalog's matter.
 *
 * @param oid pg_class.oid; of the leaf for a partition, unless the publication publishes via the
 *     root
 * @param schema namespace, empty for pg_catalog
 * @param name relation name
 * @param identity relreplident: d, n, f or i
 * @param columns in the order of the tuples
 */
public record Relation(int oid, String schema, String name, char identity, List<Column> columns) {
  public Relation {
    columns = List.copyOf(columns);
  }

  /**
   * A column of the tuples.
   *
   * @param key whether the flag "part of the key" is set; under REPLICA IDENTITY FULL it is set on
   *     every column
   */
  public record Column(boolean key, String name, int typeOid, int typmod) {}
}
