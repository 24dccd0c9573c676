package io.tidemark.postgres.type;

/** The parts of an array of one dimension in the text of array_out. */
final class ArrayLiteral {
  private final byte[] data;
  private final int end;
  private final char delimiter;
  private final String type;
  private final TextBuffer part = new TextBuffer();
  private int at;
  private boolean first = true;
  private boolean isNull;

  ArrayLiteral(byte[] data, int offset, int length, char delimiter, String type) {
    this.data = data;
    this.at = offset;
    this.end = offset + length;
    this.delimiter = delimiter;
    this.type = type;
    if (length < 2 || (data[offset] != '{' && data[offset] != '[') || data[end - 1] != '}') {
      throw malformed();
    }
  }

  /** False for lower bounds before the braces and for more than one dimension. */
  boolean isList() {
    return data[at] == '{' && data[at + 1] != '{';
  }

  /** Goes to the next element; false behind the last. */
  boolean next() {
    at++;
    if (first && at == end - 1) {
      return false;
    }
    if (!first && at == end) {
      return false;
    }
    first = false;
    part.clear();
    isNull = false;
    if (data[at] == '"') {
      quoted();
    } else {
      plain();
    }
    boolean last = at == end - 1;
    if (at >= end || (!last && data[at] != delimiter)) {
      throw malformed();
    }
    return true;
  }

  private void quoted() {
    at++;
    while (at < end && data[at] != '"') {
      if (data[at] == '\\') {
        at++;
      }
      if (at < end) {
        part.put(data[at++]);
      }
    }
    at++;
  }

  private void plain() {
    int from = at;
    while (at < end - 1 && data[at] != delimiter) {
      if (data[at] == '"' || data[at] == '\\' || data[at] == '{' || data[at] == '}') {
        throw malformed();
      }
      at++;
    }
    part.copy(data, from, at - from);
    isNull = part.length() == 4 && part.toString().equals("NULL");
    if (part.length() == 0) {
      throw malformed();
    }
  }

  /** Whether the element is null; a text that reads NULL stands in quotes. */
  boolean isNull() {
    return isNull;
  }

  /** The element without its quotes. */
  TextBuffer part() {
    return part;
  }

  private MalformedValueException malformed() {
    return MalformedValueException.of(type, "its text is not that of an array");
  }
}
