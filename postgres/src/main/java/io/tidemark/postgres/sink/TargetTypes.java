package io.tidemark.postgres.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.type.PgText;
import io.tidemark.postgres.type.PgType;
import io.tidemark.postgres.type.PgType.Attribute;
import io.tidemark.postgres.type.PgType.Kind;
import io.tidemark.postgres.type.PgTypes;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which type a column has in the copy. PostgreSQL's own types are themselves, modifiers included.
 * Any other is itself where the copy's database has a type of that name, in the schema that stands
 * for its own; else the closest type that holds its values exactly, text for most.
 */
final class TargetTypes {
  /** Names of things of one database, and types whose text cannot be read back. */
  private static final Set<String> AS_TEXT =
      Set.of("aclitem", "gtsvector", "pg_node_tree", "refcursor");

  private static final int FIRST_OF_USERS = 16_384;

  private final TargetSession session;
  private final MadeTypes made;
  private final Map<String, String> schemas;
  private final Map<String, Optional<String>> asked = new HashMap<>();

  TargetTypes(TargetSession session, Map<String, String> schemas, MadeTypes made) {
    this.session = session;
    this.made = made;
    this.schemas = schemas;
  }

  /** The form that a table of the source has in the copy. */
  TargetForm form(TableSchema schema) throws SQLException {
    List<TargetForm.Part> parts = new ArrayList<>();
    for (Column column : schema.columns()) {
      parts.add(
          new TargetForm.Part(
              column.attnum(),
              column.name(),
              type(column),
              column.backfill().orElse(null),
              column.notNull()));
    }
    return new TargetForm(
        schema.version(),
        parts,
        schema.key(),
        schema.identity() == TableSchema.ReplicaIdentity.NOTHING,
        schema.partitioned());
  }

  private String type(Column column) throws SQLException {
    Optional<PgType> own = builtIn(column);
    if (own.isPresent()) {
      String name = own.get().name();
      String base = own.get().kind() == Kind.ARRAY ? name.substring(1) : name;
      boolean asText = AS_TEXT.contains(base) || base.startsWith("reg");
      return asText ? own.get().kind() == Kind.ARRAY ? "text[]" : "text" : column.pgType();
    }
    Optional<String> name = made.name(Integer.toUnsignedLong(column.typeOid()));
    if (name.isPresent()) {
      return name.get();
    }
    Optional<String> known = known(column.pgType());
    return known.isPresent() ? known.get() : closest(column.type());
  }

  /** PostgreSQL's own type, if the column is of one. */
  static Optional<PgType> builtIn(Column column) {
    return Integer.toUnsignedLong(column.typeOid()) < FIRST_OF_USERS
        ? PgTypes.builtIn().find(column.typeOid())
        : Optional.empty();
  }

  private Optional<String> known(String type) throws SQLException {
    Optional<String> found = asked.get(type);
    if (found == null) {
      found = lookUp(type);
      asked.put(type, found);
    }
    return found;
  }

  private Optional<String> lookUp(String type) throws SQLException {
    for (Map.Entry<String, String> schema : schemas.entrySet()) {
      for (String prefix : List.of(schema.getKey() + ".", Sql.name(schema.getKey()) + ".")) {
        if (type.startsWith(prefix)) {
          String moved = Sql.name(schema.getValue()) + "." + type.substring(prefix.length());
          Optional<String> found = exists(moved, "");
          return found.isPresent() ? found : exists(type, "e");
        }
      }
    }
    return exists(type, "");
  }

  /**
   * The type, if the copy's database has it.
   *
   * @param dependency {@code e} for types of extensions alone
   */
  private Optional<String> exists(String type, String dependency) throws SQLException {
    String condition =
        dependency.isEmpty()
            ? ""
            : " AND EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid ="
                + " 'pg_catalog.pg_type'::regclass AND d.deptype = 'e' AND d.objid IN (t.oid,"
                + " t.typelem))";
    String bare = type.replaceAll("\\([^)]*\\)", "");
    boolean there;
    try {
      there =
          session.ask(
              "SELECT count(*) FROM pg_catalog.pg_type t WHERE t.typtype <> 'p' AND t.oid ="
                  + " pg_catalog.to_regtype("
                  + Sql.text(bare)
                  + ")"
                  + condition,
              row -> row.getLong(1) > 0);
      if (there) {
        // a domain that forbids nulls would not take the key of a deleted row
        session.query("SELECT NULL::" + type, row -> row);
      }
    } catch (SQLException e) {
      if (TargetFailure.isLost(e)) {
        throw e;
      }
      there = false; // no name of a type at all, or one that cannot be null
    }
    return there ? Optional.of(type) : Optional.empty();
  }

  private static String closest(DataType type) {
    if (type instanceof DataType.ListOf list) {
      String element = closest(list.element());
      return element.endsWith("[]") ? "text[]" : element + "[]";
    } else if (type instanceof DataType.Decimal decimal) {
      return "numeric(" + decimal.precision() + "," + decimal.scale() + ")";
    } else if (type instanceof DataType.Struct || type instanceof DataType.Text) {
      return "text";
    }
    return sameAs(type).name();
  }

  /** What prints a column's values as the source's server does. */
  static PgText text(Column column) {
    Printed printed = printed(column);
    return PgText.of(printed.types(), printed.column());
  }

  /** A column as one whose type is known, and the types that it is known among. */
  record Printed(PgTypes types, Column column) {}

  /** A column of a type that looks the same as text. */
  static Printed printed(Column column) {
    if (builtIn(column).isPresent() && !isOther(column)) {
      return new Printed(PgTypes.builtIn(), column);
    }
    Likeness likeness = new Likeness();
    int oid = likeness.of(column.type());
    return new Printed(PgTypes.builtIn().with(likeness.made), withOid(column, oid));
  }

  /** Whether a transform has given the column another type than that of its name. */
  private static boolean isOther(Column column) {
    return column.typeOid() == 25 && !(column.type() instanceof DataType.Text);
  }

  private static Column withOid(Column column, int oid) {
    return new Column(
        column.attnum(),
        column.name(),
        column.type(),
        column.pgType(),
        oid,
        -1,
        column.notNull(),
        column.generated(),
        column.backfill());
  }

  /** PostgreSQL's own type whose values look the same as text. */
  private static PgType sameAs(DataType type) {
    return PgTypes.builtIn().require(simpleOid(type));
  }

  private static int simpleOid(DataType type) {
    if (type instanceof DataType.Int integer) {
      return integer.bits() == 64 ? 20 : integer.bits() == 32 ? 23 : 21;
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 64 ? 701 : 700;
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc() ? 1184 : 1114;
    } else if (type instanceof DataType.Bool) {
      return 16;
    } else if (type instanceof DataType.Bytes) {
      return 17;
    } else if (type instanceof DataType.Json) {
      return 114;
    } else if (type instanceof DataType.Uuid) {
      return 2950;
    } else if (type instanceof DataType.Date) {
      return 1082;
    } else if (type instanceof DataType.Time) {
      return 1083;
    }
    return type instanceof DataType.Decimal ? 1700 : 25;
  }

  /** Types that are made up so that values of a user's type can be printed by their parts. */
  private static final class Likeness {
    private final List<PgType> made = new ArrayList<>();
    private int next = Integer.MIN_VALUE;

    int of(DataType type) {
      if (type instanceof DataType.ListOf list) {
        return add(Kind.ARRAY, of(list.element()), "array_send", List.of());
      } else if (type instanceof DataType.Struct struct) {
        List<Attribute> attributes = new ArrayList<>();
        for (DataType.Field field : struct.fields()) {
          attributes.add(new Attribute(attributes.size() + 1, field.name(), of(field.type()), -1));
        }
        return add(Kind.COMPOSITE, 0, "record_send", attributes);
      }
      return simpleOid(type);
    }

    private int add(Kind kind, int element, String send, List<Attribute> attributes) {
      int oid = next++;
      made.add(
          new PgType(
              oid, "made_up", "t" + oid, kind, element, -1, ',', send, attributes, List.of()));
      return oid;
    }
  }
}
