package io.tidemark.postgres.type;

import java.util.List;

/**
 * A type as the catalog of the source describes it (pg_type, pg_attribute, pg_enum, pg_range).
 *
 * @param oid pg_type.oid
 * @param schema its schema
 * @param name pg_type.typname
 * @param kind what it is made of
 * @param elementOid element type of an array, subtype of a range, range of a multirange, base type
 *     of a domain; else 0
 * @param elementTypmod the base type's modifier for a domain; else -1
 * @param attributes of a composite, in the order of their attribute numbers, dropped ones left out;
 *     else empty
 * @param labels of an enum in their sort order; else empty
 * @param binary whether it and everything it is made of has a binary send function
 */
public record PgType(
    int oid,
    String schema,
    String name,
    Kind kind,
    int elementOid,
    int elementTypmod,
    List<Attribute> attributes,
    List<String> labels,
    boolean binary) {

  /** What a type is made of. */
  public enum Kind {
    BASE,
    ARRAY,
    COMPOSITE,
    DOMAIN,
    ENUM,
    RANGE,
    MULTIRANGE
  }

  /** One attribute of a composite. */
  public record Attribute(int attnum, String name, int typeOid, int typmod) {}

  public PgType {
    attributes = List.copyOf(attributes);
    labels = List.copyOf(labels);
  }
}
