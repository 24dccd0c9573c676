package io.tidemark.postgres.type;

import java.util.Map;
import java.util.Set;

/** Texts, documents and bytes. */
final class TextOutputs {
  /** Send functions that write the text itself. */
  private static final Set<String> COPIED =
      Set.of(
          "textsend",
          "varcharsend",
          "bpcharsend",
          "namesend",
          "json_send",
          "xml_send",
          "pg_node_tree_send",
          "*.citextsend");

  private static final Set<String> VERSIONED =
      Set.of("jsonb_send", "jsonpath_send", "*.ltree_send", "*.lquery_send", "*.ltxtq_send");

  private TextOutputs() {}

  static void register(Map<String, Output> map) {
    COPIED.forEach(name -> map.put(name, TextOutputs::copy));
    VERSIONED.forEach(name -> map.put(name, TextOutputs::versioned));
    map.put("charsend", TextOutputs::singleByte);
    map.put("byteasend", TextOutputs::hex);
    map.put("uuid_send", TextOutputs::uuid);
    map.put("bit_send", TextOutputs::bits);
    map.put("varbit_send", TextOutputs::bits);
  }

  /** Whether the binary form of a built-in type is its text. */
  static boolean isCopied(String send) {
    return COPIED.contains(send);
  }

  /** A type whose binary form is its text. */
  static void copy(byte[] data, int offset, int length, TextBuffer out) {
    out.copy(data, offset, length);
  }

  /** A text behind a version byte. */
  private static void versioned(byte[] data, int offset, int length, TextBuffer out) {
    checkVersion(data, offset, length);
    out.copy(data, offset + 1, length - 1);
  }

  static void checkVersion(byte[] data, int offset, int length) {
    if (length < 1 || data[offset] != 1) {
      throw MalformedValueException.of("jsonb", "its version byte is not 1");
    }
  }

  /** charout: a byte above 127 as an octal escape, as PostgreSQL 16 and newer print it. */
  private static void singleByte(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 1, "\"char\"");
    int value = data[offset] & 0xFF;
    if (value > 127) {
      out.put('\\').put('0' + (value >> 6)).put('0' + (value >> 3 & 7)).put('0' + (value & 7));
    } else if (value != 0) {
      out.put(value);
    }
  }

  static void hex(byte[] data, int offset, int length, TextBuffer out) {
    out.put('\\').put('x');
    for (int i = 0; i < length; i++) {
      out.hex(data[offset + i] & 0xFF, 2);
    }
  }

  static void uuid(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 16, "uuid");
    long high = Wire.int64(data, offset);
    long low = Wire.int64(data, offset + 8);
    out.hex(high >>> 32, 8).put('-').hex(high >>> 16, 4).put('-').hex(high, 4);
    out.put('-').hex(low >>> 48, 4).put('-').hex(low, 12);
  }

  private static void bits(byte[] data, int offset, int length, TextBuffer out) {
    if (length < 4) {
      throw MalformedValueException.of("bit", "it is shorter than its head");
    }
    int bits = Wire.int32(data, offset);
    if (bits < 0 || ((long) bits + 7) / 8 != length - 4) {
      throw MalformedValueException.of("bit", "its length is not that of its bits");
    }
    for (int i = 0; i < bits; i++) {
      out.put((data[offset + 4 + (i >> 3)] >> (7 - (i & 7)) & 1) == 0 ? '0' : '1');
    }
  }
}
