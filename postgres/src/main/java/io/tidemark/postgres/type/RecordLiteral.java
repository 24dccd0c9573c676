package io.tidemark.postgres.type;

/** The fields of a composite in the text of record_out. */
final class RecordLiteral {
  private final byte[] data;
  private final int end;
  private final String type;
  private final TextBuffer part = new TextBuffer();
  private int at;
  private boolean isNull;

  RecordLiteral(byte[] data, int offset, int length, String type) {
    this.data = data;
    this.at = offset;
    this.end = offset + length;
    this.type = type;
    if (length < 2 || data[offset] != '(' || data[end - 1] != ')') {
      throw malformed();
    }
  }

  /** Goes to the next field; false behind the last. A composite of no fields has one null field. */
  boolean next() {
    at++;
    if (at >= end) {
      return false;
    }
    part.clear();
    isNull = data[at] == ',' || at == end - 1;
    boolean inQuotes = false;
    while (at < end - 1 && (inQuotes || data[at] != ',')) {
      byte character = data[at++];
      if (character == '"' && !(inQuotes && at < end - 1 && data[at] == '"')) {
        inQuotes = !inQuotes;
      } else {
        if (inQuotes && (character == '"' || character == '\\')) {
          at++;
        }
        part.put(character);
      }
    }
    if (inQuotes || at >= end) {
      throw malformed();
    }
    return true;
  }

  /** Whether the field is null: nothing at all stands there. */
  boolean isNull() {
    return isNull;
  }

  /** The field without its quotes. */
  TextBuffer part() {
    return part;
  }

  private MalformedValueException malformed() {
    return MalformedValueException.of(type, "its text is not that of a composite");
  }
}
