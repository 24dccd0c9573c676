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
 * @param delimiter what stands between two elements in the text of an array of this type
 *     (pg_type.typdelim)
 * @param send name of its send function, with its schema before a dot where that is not pg_catalog;
 *     empty where it has none, so that it travels as text
 * @param attributes of a composite, in the order of their attribute numbers, dropped ones left out;
 *     else empty
 * @param labels of an enum in their sort order; else empty
 */
public record PgType(
    int oid,
    String schema,
    String name,
    Kind kind,
    int elementOid,
    int elementTypmod,
    char delimiter,
    String send,
    List<Attribute> attributes,
    List<String> labels) {

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

  /** The name that messages call the type by: schema-qualified where it is not PostgreSQL's own. */
  public String label() {
    return schema.equals("pg_catalog") ? name : schema + "." + name;
  }
}
