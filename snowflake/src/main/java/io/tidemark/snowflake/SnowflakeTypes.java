package io.tidemark.snowflake;

import io.tidemark.api.model.DataType;

/**
 * Snowflake's types for those of columns. What has no closer form is text: JSON and uuid as they
 * are, lists and composites as JSON documents.
 */
final class SnowflakeTypes {
  static final String TEXT = "VARCHAR";

  /** Characters of a VARCHAR whose length is not given (Snowflake manual, "String types"). */
  private static final int PLAIN_TEXT = 16 << 20;

  private final long maxValueBytes;

  /**
   * @param maxValueBytes longest value as text; where it is more than Snowflake's usual 16 MiB,
   *     columns are made as wide
   */
  SnowflakeTypes(long maxValueBytes) {
    this.maxValueBytes = maxValueBytes;
  }

  /** The type's name in SQL. */
  String name(DataType type) {
    boolean wide = maxValueBytes > PLAIN_TEXT;
    if (type instanceof DataType.Bool) {
      return "BOOLEAN";
    } else if (type instanceof DataType.Int integer) {
      return integer.bits() == 16
          ? "NUMBER(5,0)"
          : integer.bits() == 32 ? "NUMBER(10,0)" : "NUMBER(19,0)";
    } else if (type instanceof DataType.Float) {
      return "FLOAT";
    } else if (type instanceof DataType.Decimal decimal) {
      return "NUMBER(" + decimal.precision() + "," + decimal.scale() + ")";
    } else if (type instanceof DataType.Bytes) {
      return wide ? "BINARY(" + maxValueBytes / 2 + ")" : "BINARY";
    } else if (type instanceof DataType.Date) {
      return "DATE";
    } else if (type instanceof DataType.Time) {
      return "TIME(6)";
    } else if (type instanceof DataType.Timestamp timestamp) {
      return timestamp.utc() ? "TIMESTAMP_TZ(6)" : "TIMESTAMP_NTZ(6)";
    }
    return wide ? TEXT + "(" + maxValueBytes + ")" : TEXT;
  }

  /** Whether a value may be one that Snowflake's type cannot hold, so that its text is kept. */
  static boolean mayBeRaw(DataType type) {
    return type instanceof DataType.Decimal
        || type instanceof DataType.Date
        || type instanceof DataType.Time
        || type instanceof DataType.Timestamp
        || type instanceof DataType.ListOf
        || type instanceof DataType.Struct;
  }

  static boolean isText(String type) {
    return type.startsWith(TEXT);
  }

  static boolean isBinary(String type) {
    return type.startsWith("BINARY");
  }

  /** Whether Snowflake changes a column from one to the other without writing its rows anew. */
  static boolean isWider(String from, String to) {
    if (!from.startsWith("NUMBER(") || !to.startsWith("NUMBER(")) {
      return false;
    }
    int[] narrow = digits(from);
    int[] wide = digits(to);
    return narrow[1] == wide[1] && narrow[0] < wide[0];
  }

  private static int[] digits(String type) {
    String[] parts = type.substring(type.indexOf('(') + 1, type.length() - 1).split(",");
    return new int[] {Integer.parseInt(parts[0]), Integer.parseInt(parts[1])};
  }
}
