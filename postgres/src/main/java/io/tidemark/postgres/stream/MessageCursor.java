package io.tidemark.postgres.stream;

import java.nio.charset.StandardCharsets;

/** Reads the parts of one message, never past its end. */
final class MessageCursor {
  private byte type;
  private byte[] data;
  private int start;
  private int at;
  private int end;

  /** Goes to the body of a message: the bytes behind its type, up to an exclusive end. */
  void reset(byte type, byte[] data, int start, int end) {
    this.type = type;
    this.data = data;
    this.start = start;
    this.at = start;
    this.end = end;
  }

  byte[] data() {
    return data;
  }

  int position() {
    return at;
  }

  /** Bytes that are left. */
  int left() {
    return end - at;
  }

  byte int8() {
    need(1);
    return data[at++];
  }

  /** An unsigned number of 16 bits. */
  int uint16() {
    need(2);
    int value = Bytes.getShort(data, at) & 0xFFFF;
    at += 2;
    return value;
  }

  int int32() {
    need(4);
    int value = Bytes.getInt(data, at);
    at += 4;
    return value;
  }

  long int64() {
    need(8);
    long value = Bytes.getLong(data, at);
    at += 8;
    return value;
  }

  /** A text that ends with a zero byte. */
  String string() {
    int zero = at;
    while (zero < end && data[zero] != 0) {
      zero++;
    }
    if (zero == end) {
      throw broken("a text without its end");
    }
    String text = new String(data, at, zero - at, StandardCharsets.UTF_8);
    at = zero + 1;
    return text;
  }

  /** A 32-bit length, of something that lies whole in what is left. */
  int length() {
    int length = int32();
    if (length < 0 || length > left()) {
      throw broken("a length of " + length + " where " + left() + " bytes are left");
    }
    return length;
  }

  void skip(int bytes) {
    need(bytes);
    at += bytes;
  }

  /** Makes sure that nothing is left. */
  void end() {
    if (at != end) {
      throw broken(left() + " bytes too many");
    }
  }

  ProtocolException broken(String reason) {
    return new ProtocolException(type, at - start + 1, reason);
  }

  private void need(int bytes) {
    if (end - at < bytes) {
      throw broken("it ends too early, " + bytes + " bytes more were expected");
    }
  }
}
