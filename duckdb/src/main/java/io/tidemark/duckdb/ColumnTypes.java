package io.tidemark.duckdb;

import io.tidemark.api.model.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** DuckDB's form of the types that columns of a copy have, and the ways between two of them. */
public final class ColumnTypes {
  private ColumnTypes() {}

  /** The type's name in SQL. */
  public static String name(DataType type) {
    if (type instanceof DataType.Bool) {
      return "BOOLEAN";
    } else if (type instanceof DataType.Int integer) {
      return integer.bits() == 16 ? "SMALLINT" : integer.bits() == 32 ? "INTEGER" : "BIGINT";
    } else if (type instanceof DataType.Float floating) {
      return floating.bits() == 32 ? "FLOAT" : "DOUBLE";
    } else if (type instanceof DataType.Decimal decimal) {
      return "DECIMAL(" + decimal.precision() + "," + decimal.scale() + ")";
    } else if (type instanceof DataType.Text) {
      return "VARCHAR";
    } else if (type instanceof DataType.Json) {
      return "JSON";
    } else if (type instanceof DataType.Bytes) {
      return "BLOB";
    } else if (type instanceof DataType.Uuid) {
      return "UUID";
    } else if (type instanceof DataType.Date) {
      return "DATE";
    } else if (type instanceof DataType.Time) {
      return "TIME";
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc() ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP";
    } else if (type instanceof DataType.ListOf list) {
      return name(list.element()) + "[]";
    }
    return ((DataType.Struct) type)
        .fields().stream()
            .map(field -> SqlText.name(field.name()) + " " + name(field.type()))
            .collect(Collectors.joining(", ", "STRUCT(", ")"));
  }

  /** The type that {@link #name} wrote. */
  public static DataType parse(String name) {
    return parse(TypeName.parse(name));
  }

  private static DataType parse(TypeName type) {
    if (type.isList()) {
      return new DataType.ListOf(parse(type.parts().get(0)));
    }
    if (type.head().startsWith("DECIMAL(")) {
      String[] digits = type.head().replaceAll("[^0-9,]", "").split(",");
      return new DataType.Decimal(Integer.parseInt(digits[0]), Integer.parseInt(digits[1]));
    }
    return switch (type.head()) {
      case "BOOLEAN" -> new DataType.Bool();
      case "SMALLINT" -> new DataType.Int(16);
      case "INTEGER" -> new DataType.Int(32);
      case "BIGINT" -> new DataType.Int(64);
      case "FLOAT" -> new DataType.Float(32);
      case "DOUBLE" -> new DataType.Float(64);
      case "VARCHAR" -> new DataType.Text();
      case "JSON" -> new DataType.Json();
      case "BLOB" -> new DataType.Bytes();
      case "UUID" -> new DataType.Uuid();
      case "DATE" -> new DataType.Date();
      case "TIME" -> new DataType.Time();
      case "TIMESTAMP" -> new DataType.Timestamp(false);
      case "TIMESTAMP WITH TIME ZONE" -> new DataType.Timestamp(true);
      case "STRUCT" -> {
        List<DataType.Field> fields = new ArrayList<>();
        for (int i = 0; i < type.parts().size(); i++) {
          fields.add(new DataType.Field(type.fields().get(i), parse(type.parts().get(i))));
        }
        yield new DataType.Struct(fields);
      }
      default -> throw new IllegalArgumentException("Cannot read the type " + type.head() + ".");
    };
  }

  /**
   * Whether PostgreSQL can store such a value out of line, so that an UPDATE may leave it out of
   * the log. Types of fixed length never are.
   */
  static boolean isToastable(DataType type) {
    return type instanceof DataType.Decimal
        || type instanceof DataType.Text
        || type instanceof DataType.Json
        || type instanceof DataType.Bytes
        || type instanceof DataType.ListOf
        || type instanceof DataType.Struct;
  }

  /** Whether every value of one type is a value of the other, so that a plain cast never fails. */
  static boolean widens(DataType from, DataType to) {
    if (from.equals(to) || to instanceof DataType.Text) {
      return true;
    }
    if (from instanceof DataType.Int narrow && to instanceof DataType.Int wide) {
      return narrow.bits() <= wide.bits();
    }
    if (from instanceof DataType.Float narrow && to instanceof DataType.Float wide) {
      return narrow.bits() <= wide.bits();
    }
    if (from instanceof DataType.Decimal narrow && to instanceof DataType.Decimal wide) {
      return narrow.scale() <= wide.scale()
          && narrow.precision() - narrow.scale() <= wide.precision() - wide.scale();
    }
    if (from instanceof DataType.ListOf narrow && to instanceof DataType.ListOf wide) {
      return widens(narrow.element(), wide.element());
    }
    return (from instanceof DataType.Timestamp && to instanceof DataType.Timestamp)
        || (from instanceof DataType.Struct && to instanceof DataType.Struct);
  }

  /** PostgreSQL's text of a value, for a column that became text. */
  static String asText(String value, DataType from) {
    return from instanceof DataType.Bytes
        ? "'\\x' || lower(hex(" + value + "))"
        : "CAST(" + value + " AS VARCHAR)";
  }

  /** A value cast to a type that holds all values of its own. */
  static String widened(String value, DataType from, DataType to) {
    if (to instanceof DataType.Text && !(from instanceof DataType.Text)) {
      return asText(value, from);
    }
    return cast(value, to);
  }

  /** A value cast to a type; fails where it does not fit. */
  static String cast(String value, DataType to) {
    return "CAST(" + value + " AS " + name(to) + ")";
  }

  /** A value cast to a type that may not hold it; null where it does not. */
  static String tried(String value, DataType from, DataType to) {
    return "TRY_CAST(" + asText(value, from) + " AS " + name(to) + ")";
  }
}
