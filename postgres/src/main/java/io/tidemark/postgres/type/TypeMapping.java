package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import java.util.ArrayList;
import java.util.List;

/**
 * Chooses how values of a PostgreSQL type are held. docs/reference/types.md shows all of it and is
 * generated from the tests of this package.
 *
 * <p>Types without a close and exact counterpart are held as PostgreSQL's own text: numeric without
 * precision or of more than 38 digits, interval, timetz, money, ranges, geometric and network
 * types, bit strings, text search, and every type that is not known here.
 */
public final class TypeMapping {
  /** Typmods of numeric and of types with a length count from here. */
  private static final int TYPMOD_BASE = 4;

  private final PgTypes types;

  public TypeMapping(PgTypes types) {
    this.types = types;
  }

  /**
   * The data type of a column.
   *
   * @param typmod the column's type modifier, -1 for none
   * @throws io.tidemark.api.error.TidemarkException where the type, or one it is made of, is not
   *     known
   */
  public DataType dataType(int typeOid, int typmod, MisfitPolicy policy) {
    types.require(typeOid);
    DataType type = dataType(typeOid, typmod);
    return policy == MisfitPolicy.TEXT && !holdsAll(type) ? new DataType.Text() : type;
  }

  /** Whether every value that PostgreSQL can have in such a column fits. */
  private static boolean holdsAll(DataType type) {
    if (type instanceof DataType.Struct struct) {
      return struct.fields().stream().allMatch(field -> holdsAll(field.type()));
    }
    return !(type instanceof DataType.Decimal
        || type instanceof DataType.Date
        || type instanceof DataType.Time
        || type instanceof DataType.Timestamp
        || type instanceof DataType.ListOf);
  }

  private DataType dataType(int typeOid, int typmod) {
    PgType type = types.base(typeOid);
    int modifier = types.baseTypmod(typeOid, typmod);
    return switch (type.kind()) {
      case BASE -> base(type, modifier);
      case ARRAY -> new DataType.ListOf(dataType(type.elementOid(), modifier));
      case COMPOSITE -> composite(type);
      case ENUM, RANGE, MULTIRANGE, DOMAIN -> new DataType.Text();
    };
  }

  private static DataType base(PgType type, int typmod) {
    if (!type.schema().equals("pg_catalog")) {
      return new DataType.Text();
    }
    return switch (type.name()) {
      case "bool" -> new DataType.Bool();
      case "int2" -> new DataType.Int(16);
      case "int4" -> new DataType.Int(32);
      case "int8", "oid", "xid", "cid" -> new DataType.Int(64);
      case "float4" -> new DataType.Float(32);
      case "float8" -> new DataType.Float(64);
      case "numeric" -> numeric(typmod);
      case "json", "jsonb" -> new DataType.Json();
      case "bytea" -> new DataType.Bytes();
      case "uuid" -> new DataType.Uuid();
      case "date" -> new DataType.Date();
      case "time" -> new DataType.Time();
      case "timestamp" -> new DataType.Timestamp(false);
      case "timestamptz" -> new DataType.Timestamp(true);
      default -> new DataType.Text();
    };
  }

  /** numeric(p, s): precision in the upper half, scale as a signed number of 11 bits below. */
  private static DataType numeric(int typmod) {
    if (typmod < TYPMOD_BASE) {
      return new DataType.Text();
    }
    int precision = (typmod - TYPMOD_BASE) >> 16 & 0xFFFF;
    int scale = ((typmod - TYPMOD_BASE & 0x7FF) ^ 1024) - 1024;
    boolean fits =
        precision >= 1
            && precision <= DataType.Decimal.MAX_DIGITS
            && scale >= 0
            && scale <= precision;
    return fits ? new DataType.Decimal(precision, scale) : new DataType.Text();
  }

  /** A composite without attributes has nothing that a struct could hold. */
  private DataType composite(PgType type) {
    if (type.attributes().isEmpty()) {
      return new DataType.Text();
    }
    List<DataType.Field> fields = new ArrayList<>();
    for (PgType.Attribute attribute : type.attributes()) {
      fields.add(
          new DataType.Field(attribute.name(), dataType(attribute.typeOid(), attribute.typmod())));
    }
    return new DataType.Struct(fields);
  }
}
