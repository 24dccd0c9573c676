package io.tidemark.postgres.sink;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes on their way to COPY, big-endian. */
final class CopyBuffer {
  private byte[] bytes = new byte[1 << 17];
  private int length;

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  private int room(int more) {
    int at = length;
    int needed = Math.addExact(length, more);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(1L << 30, bytes.length * 2L)));
    }
    length = needed;
    return at;
  }

  void one(int value) {
    bytes[room(1)] = (byte) value;
  }

  void two(int value) {
    int at = room(2);
    bytes[at] = (byte) (value >> 8);
    bytes[at + 1] = (byte) value;
  }

  void four(int value) {
    int at = room(4);
    four(at, value);
  }

  private void four(int at, int value) {
    bytes[at] = (byte) (value >> 24);
    bytes[at + 1] = (byte) (value >> 16);
    bytes[at + 2] = (byte) (value >> 8);
    bytes[at + 3] = (byte) value;
  }

  void eight(long value) {
    four((int) (value >> 32));
    four((int) value);
  }

  void raw(byte[] data, int offset, int count) {
    int at = room(count); // may make another array
    System.arraycopy(data, offset, bytes, at, count);
  }

  void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    raw(utf8, 0, utf8.length);
  }

  /** Leaves room for a length; gives its place. */
  int beginLength() {
    return room(4);
  }

  /** Writes how many bytes have come since. */
  void endLength(int at) {
    four(at, length - at - 4);
  }
}
