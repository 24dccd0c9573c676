package io.tidemark.postgres.type;

/**
 * Puts the text of a part of a value in double quotes where PostgreSQL does: array_out, record_out
 * and range_out each have their own rule.
 */
enum Quoting {
  /** Elements of arrays: a backslash before quotes and backslashes. */
  ARRAY("{}", '\\'),
  /** Fields of composites: quotes and backslashes double. */
  RECORD("(),", 0),
  /** Bounds of ranges: quotes and backslashes double. */
  RANGE("()[],", 0);

  private final String special;
  private final int escape;

  Quoting(String special, int escape) {
    this.special = special;
    this.escape = escape;
  }

  /**
   * Quotes what was written from an index on, where it must be.
   *
   * @param delimiter what stands between elements of an array
   */
  void apply(TextBuffer out, int from, char delimiter) {
    byte[] bytes = out.bytes();
    int end = out.length();
    boolean needed = end == from || (this == ARRAY && isNull(bytes, from, end));
    int escapes = 0;
    for (int i = from; i < end; i++) {
      byte character = bytes[i];
      if (character == '"' || character == '\\') {
        escapes++;
      } else if (isSpace(character) || character == delimiter || special.indexOf(character) >= 0) {
        needed = true;
      }
    }
    if (needed || escapes > 0) {
      quote(out, from, end, escapes);
    }
  }

  private void quote(TextBuffer out, int from, int end, int escapes) {
    out.reserve(escapes + 2);
    byte[] bytes = out.bytes();
    int to = out.length();
    bytes[--to] = '"';
    for (int i = end - 1; i >= from; i--) {
      byte character = bytes[i];
      bytes[--to] = character;
      if (character == '"' || character == '\\') {
        bytes[--to] = (byte) (escape == 0 ? character : escape);
      }
    }
    bytes[from] = '"';
  }

  private static boolean isNull(byte[] bytes, int from, int end) {
    return end - from == 4
        && (bytes[from] | 32) == 'n'
        && (bytes[from + 1] | 32) == 'u'
        && (bytes[from + 2] | 32) == 'l'
        && (bytes[from + 3] | 32) == 'l';
  }

  /** The blanks of C's isspace in every locale of a UTF-8 database. */
  static boolean isSpace(int character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
  }
}
