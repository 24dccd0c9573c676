package io.tidemark.parquet.file;

import io.tidemark.api.model.DataType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * How data types look in Parquet (Parquet format, "logical types"), with the field ids that Iceberg
 * goes by: a column has its attribute number, what is nested in it ids of its own range.
 */
final class ParquetTypes {
  private int nextNestedId;

  private ParquetTypes(int nextNestedId) {
    this.nextNestedId = nextNestedId;
  }

  /** An optional field for values of a type. */
  static Type field(String name, DataType type, int id) {
    return new ParquetTypes(id * MetaColumns.NESTED_IDS + 1).optional(name, type).withId(id);
  }

  /** An optional field in the old row; what is nested in it has no ids. */
  static Type oldField(String name, DataType type, int id) {
    return new ParquetTypes(-1).optional(name, type).withId(id);
  }

  private Type nested(String name, DataType type) {
    if (nextNestedId < 0) {
      return optional(name, type);
    }
    int id = nextNestedId++;
    return optional(name, type).withId(id);
  }

  private Type optional(String name, DataType type) {
    if (type instanceof DataType.ListOf list) {
      return Types.optionalList().element(nested("element", list.element())).named(name);
    } else if (type instanceof DataType.Struct struct) {
      var group = Types.optionalGroup();
      for (DataType.Field field : struct.fields()) {
        group = group.addField(nested(field.name(), field.type()));
      }
      return group.named(name);
    }
    return leaf(name, type);
  }

  private static Type leaf(String name, DataType type) {
    if (type instanceof DataType.Bool) {
      return Types.optional(PrimitiveTypeName.BOOLEAN).named(name);
    } else if (type instanceof DataType.Int integer) {
      return integer(name, integer.bits());
    } else if (type instanceof DataType.Float floating) {
      return Types.optional(
              floating.bits() == 64 ? PrimitiveTypeName.DOUBLE : PrimitiveTypeName.FLOAT)
          .named(name);
    } else if (type instanceof DataType.Decimal decimal) {
      return decimal(name, decimal);
    } else if (type instanceof DataType.Date) {
      return annotated(name, PrimitiveTypeName.INT32, LogicalTypeAnnotation.dateType());
    } else if (type instanceof DataType.Time) {
      return annotated(
          name, PrimitiveTypeName.INT64, LogicalTypeAnnotation.timeType(false, TimeUnit.MICROS));
    } else if (type instanceof DataType.Timestamp timestamp) {
      return annotated(
          name,
          PrimitiveTypeName.INT64,
          LogicalTypeAnnotation.timestampType(timestamp.utc(), TimeUnit.MICROS));
    } else if (type instanceof DataType.Uuid) {
      return Types.optional(PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY)
          .length(16)
          .as(LogicalTypeAnnotation.uuidType())
          .named(name);
    } else if (type instanceof DataType.Json) {
      return annotated(name, PrimitiveTypeName.BINARY, LogicalTypeAnnotation.jsonType());
    } else if (type instanceof DataType.Bytes) {
      return Types.optional(PrimitiveTypeName.BINARY).named(name);
    }
    return annotated(name, PrimitiveTypeName.BINARY, LogicalTypeAnnotation.stringType());
  }

  private static Type integer(String name, int bits) {
    return switch (bits) {
      case 16 -> annotated(name, PrimitiveTypeName.INT32, LogicalTypeAnnotation.intType(16, true));
      case 32 -> Types.optional(PrimitiveTypeName.INT32).named(name);
      default -> Types.optional(PrimitiveTypeName.INT64).named(name);
    };
  }

  private static Type decimal(String name, DataType.Decimal decimal) {
    LogicalTypeAnnotation annotation =
        LogicalTypeAnnotation.decimalType(decimal.scale(), decimal.precision());
    if (!decimal.isLong()) {
      return Types.optional(PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY)
          .length(16)
          .as(annotation)
          .named(name);
    }
    return annotated(
        name,
        decimal.precision() <= 9 ? PrimitiveTypeName.INT32 : PrimitiveTypeName.INT64,
        annotation);
  }

  private static Type annotated(
      String name, PrimitiveTypeName physical, LogicalTypeAnnotation annotation) {
    return Types.optional(physical).as(annotation).named(name);
  }
}
