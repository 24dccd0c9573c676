package io.tidemark.postgres.catalog;

import java.util.Optional;

/**
 * A column as pg_attribute holds it.
 *
 * @param attnum attribute number, 1 or more
 * @param name its name
 * @param typeOid pg_type.oid
 * @param typmod type modifier, -1 for none
 * @param typeName the type as format_type writes it
 * @param notNull whether nulls are forbidden
 * @param generated empty, {@code s} (stored) or {@code v} (virtual)
 * @param missing text of the value that rows older than the column have; empty where that is null
 * @param stamp pg_attribute.xmin: another one after each change of the column's definition
 */
public record CatalogColumn(
    int attnum,
    String name,
    int typeOid,
    int typmod,
    String typeName,
    boolean notNull,
    String generated,
    Optional<String> missing,
    String stamp) {

  /** The same column with a value for older rows. */
  CatalogColumn withMissing(String value) {
    return new CatalogColumn(
        attnum, name, typeOid, typmod, typeName, notNull, generated, Optional.of(value), stamp);
  }

  /** Whether the source computes the column. */
  public boolean isGenerated() {
    return !generated.isEmpty();
  }
}
