package io.tidemark.kafka.sink;

import io.tidemark.api.model.BytesVector;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * JSON (RFC 8259) as UTF-8 bytes, written front to back without a tree. The caller sets commas and
 * brackets.
 */
final class JsonBuffer {
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
  private static final Base64.Encoder BASE64 = Base64.getEncoder();

  private byte[] data = new byte[4096];
  private int size;

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  byte[] bytes() {
    return Arrays.copyOf(data, size);
  }

  /** The bytes themselves; only the first {@link #size()} count, until the next write. */
  byte[] data() {
    return data;
  }

  private void room(int more) {
    if (size + more > data.length) {
      long grown = Math.max(size + (long) more, data.length * 2L);
      data = Arrays.copyOf(data, (int) Math.min(Integer.MAX_VALUE - 8, grown));
    }
  }

  JsonBuffer put(char ascii) {
    room(1);
    data[size++] = (byte) ascii;
    return this;
  }

  /** Bytes as they are. */
  JsonBuffer put(byte[] bytes) {
    return put(bytes, 0, bytes.length);
  }

  private JsonBuffer put(byte[] bytes, int from, int length) {
    room(length);
    System.arraycopy(bytes, from, data, size, length);
    size += length;
    return this;
  }

  JsonBuffer ofNull() {
    return put(NULL);
  }

  JsonBuffer bool(boolean value) {
    return put(value ? TRUE : FALSE);
  }

  JsonBuffer number(long value) {
    if (value == Long.MIN_VALUE) {
      return put("-9223372036854775808".getBytes(StandardCharsets.US_ASCII));
    }
    room(20);
    long rest = value;
    if (rest < 0) {
      data[size++] = '-';
      rest = -rest;
    }
    int digits = digits(rest);
    for (int at = size + digits - 1; at >= size; at--) {
      data[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
    return this;
  }

  private static int digits(long value) {
    int digits = 1;
    for (long limit = 10; digits < 19 && value >= limit; limit *= 10) {
      digits++;
    }
    return digits;
  }

  /** A number of 64 bits; what JSON has no number for stands in quotes. */
  JsonBuffer number(double value) {
    boolean finite = Math.abs(value) <= Double.MAX_VALUE;
    return unescaped(Double.toString(value), !finite);
  }

  /** A number of 32 bits; what JSON has no number for stands in quotes. */
  JsonBuffer number(float value) {
    boolean finite = Math.abs(value) <= Float.MAX_VALUE;
    return unescaped(Float.toString(value), !finite);
  }

  private JsonBuffer unescaped(String ascii, boolean quoted) {
    room(ascii.length() + 2);
    if (quoted) {
      data[size++] = '"';
    }
    for (int i = 0; i < ascii.length(); i++) {
      data[size++] = (byte) ascii.charAt(i);
    }
    if (quoted) {
      data[size++] = '"';
    }
    return this;
  }

  /** ASCII without anything to escape, in quotes. */
  JsonBuffer plain(String ascii) {
    return unescaped(ascii, true);
  }

  JsonBuffer string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return string(utf8, 0, utf8.length);
  }

  /** An element of UTF-8 text. */
  JsonBuffer string(BytesVector texts, int i) {
    return string(texts.data(), texts.start(i), texts.end(i));
  }

  private JsonBuffer string(byte[] utf8, int from, int to) {
    room(to - from + 2);
    data[size++] = '"';
    int begun = from;
    for (int at = from; at < to; at++) {
      byte b = utf8[at];
      if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
        put(utf8, begun, at - begun);
        escape(b);
        begun = at + 1;
      }
    }
    put(utf8, begun, to - begun);
    return put('"');
  }

  private void escape(byte b) {
    put('\\');
    switch (b) {
      case '"', '\\' -> put((char) b);
      case '\b' -> put('b');
      case '\t' -> put('t');
      case '\n' -> put('n');
      case '\f' -> put('f');
      case '\r' -> put('r');
      default -> {
        put('u').put('0').put('0');
        put((char) HEX[b >> 4]).put((char) HEX[b & 15]);
      }
    }
  }

  JsonBuffer base64(byte[] bytes) {
    return put('"').put(BASE64.encode(bytes)).put('"');
  }
}
