package io.tidemark.snowflake;

/** A value under another type, in SQL. */
final class Conversion {
  private Conversion() {}

  /**
   * The value. PostgreSQL rewrites a table whose values would not simply be cast, and then the
   * table is copied again; so what cannot be cast here does not matter.
   *
   * @param raw SQL of the text that the old type could not hold; NULL where there is none
   */
  static String of(String value, String from, String to, String raw) {
    if (from.equals(to)) {
      return value;
    }
    String text =
        SnowflakeTypes.isBinary(from)
            ? "'\\\\x' || LOWER(HEX_ENCODE(" + value + "))"
            : "TO_VARCHAR(" + value + ")";
    if (SnowflakeTypes.isText(to)) {
      return raw.equals("NULL") ? text : "COALESCE(" + text + ", " + raw + ")";
    } else if (SnowflakeTypes.isBinary(to)) {
      return "CAST(NULL AS " + to + ")";
    }
    return "TRY_CAST(" + text + " AS " + to + ")";
  }
}
