package io.tidemark.postgres.stream;

/**
 * Where the values of a row stand in a message (TupleData). Used again for each row; good only
 * while the message is.
 */
final class Tuple {
  static final byte NULL = 'n';
  static final byte UNCHANGED = 'u';
  static final byte TEXT = 't';
  static final byte BINARY = 'b';

  private byte[] data;
  private int count;
  private int bytes;
  private byte[] kinds = new byte[32];
  private int[] offsets = new int[32];
  private int[] lengths = new int[32];

  void read(MessageCursor cursor) {
    int columns = cursor.uint16();
    if (columns > cursor.left()) {
      throw cursor.broken(columns + " values in " + cursor.left() + " bytes");
    }
    if (columns > kinds.length) {
      kinds = new byte[columns];
      offsets = new int[columns];
      lengths = new int[columns];
    }
    data = cursor.data();
    count = columns;
    int start = cursor.position();
    for (int i = 0; i < columns; i++) {
      byte kind = cursor.int8();
      kinds[i] = kind;
      if (kind == TEXT || kind == BINARY) {
        int length = cursor.length();
        offsets[i] = cursor.position();
        lengths[i] = length;
        cursor.skip(length);
      } else if (kind != NULL && kind != UNCHANGED) {
        throw cursor.broken("a value of unknown kind " + (kind & 0xFF));
      }
    }
    bytes = cursor.position() - start;
  }

  byte[] data() {
    return data;
  }

  /** Number of values. */
  int count() {
    return count;
  }

  /** Bytes that the values take in the message. */
  int bytes() {
    return bytes;
  }

  /** How value {@code i} is given: {@link #NULL}, {@link #UNCHANGED}, {@link #TEXT}, binary. */
  byte kind(int i) {
    return kinds[i];
  }

  /** Where value {@code i}, a text or binary one, begins in {@link #data()}. */
  int offset(int i) {
    return offsets[i];
  }

  /** Bytes of value {@code i}, a text or binary one. */
  int length(int i) {
    return lengths[i];
  }
}
