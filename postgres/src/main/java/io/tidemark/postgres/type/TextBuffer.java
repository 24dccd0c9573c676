package io.tidemark.postgres.type;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** UTF-8 text that grows; written to by one thread. */
final class TextBuffer {
  private static final int KEPT = 1 << 16;
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private byte[] bytes = new byte[64];
  private int length;

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Empties it, and gives memory back that one long value needed. */
  TextBuffer clear() {
    if (bytes.length > KEPT) {
      bytes = new byte[64];
    }
    length = 0;
    return this;
  }

  /** Room for {@code more} bytes, which the caller writes into {@link #bytes()} at the result. */
  int reserve(int more) {
    long needed = (long) length + more;
    if (needed > bytes.length) {
      if (needed > LARGEST) {
        throw new MalformedValueException(
            "Cannot write a value as text: it is longer than "
                + LARGEST
                + " bytes. Leave its column out.");
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(LARGEST, Math.max(needed, bytes.length * 2L)));
    }
    int at = length;
    length = (int) needed;
    return at;
  }

  TextBuffer put(int character) {
    if (length == bytes.length) {
      reserve(1);
      length--;
    }
    bytes[length++] = (byte) character;
    return this;
  }

  /** Appends a text of ASCII characters. */
  TextBuffer ascii(String text) {
    int at = reserve(text.length());
    for (int i = 0; i < text.length(); i++) {
      bytes[at + i] = (byte) text.charAt(i);
    }
    return this;
  }

  TextBuffer copy(byte[] source, int offset, int count) {
    int at = reserve(count);
    System.arraycopy(source, offset, bytes, at, count);
    return this;
  }

  TextBuffer number(long value) {
    if (value < 0) {
      put('-');
      if (value == Long.MIN_VALUE) {
        return ascii("9223372036854775808");
      }
      return padded(-value, 1);
    }
    return padded(value, 1);
  }

  /** Appends a number of 0 or more, with zeros before it up to a width. */
  TextBuffer padded(long value, int width) {
    int digits = 1;
    for (long rest = value / 10; rest > 0; rest /= 10) {
      digits++;
    }
    int count = Math.max(digits, width);
    int at = reserve(count);
    long rest = value;
    for (int i = at + count - 1; i >= at; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return this;
  }

  /** Appends {@code digits} hexadecimal digits, lower-case. */
  TextBuffer hex(long value, int digits) {
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
      put(Character.forDigit((int) (value >>> shift) & 15, 16));
    }
    return this;
  }

  /** Opens a gap of {@code count} bytes at an index, moving what stands behind it. */
  void insert(int at, int count) {
    int end = length;
    reserve(count);
    System.arraycopy(bytes, at, bytes, at + count, end - at);
  }

  /** What was written from an index on, read as UTF-8. */
  String text(int from) {
    return new String(bytes, from, length - from, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return text(0);
  }
}
