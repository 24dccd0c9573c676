package io.tidemark.postgres.type;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Texts of databases that do not check them (SQL_ASCII). */
final class Utf8 {
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

  private Utf8() {}

  /** Whether bytes are UTF-8 as the Unicode standard has it. */
  static boolean isValid(byte[] data, int offset, int length) {
    int end = offset + length;
    int at = offset;
    while (at + 8 <= end && (Wire.int64(data, at) & HIGH_BITS) == 0) {
      at += 8;
    }
    while (at < end && data[at] >= 0) {
      at++;
    }
    return at == end || decoded(data, at, end - at) != null;
  }

  /**
   * The text of a value; where its bytes are no UTF-8, {@code \x} and all of them in hexadecimal.
   */
  static String textOrHex(byte[] data, int offset, int length) {
    String text = decoded(data, offset, length);
    return text != null ? text : "\\x" + HexFormat.of().formatHex(data, offset, offset + length);
  }

  private static String decoded(byte[] data, int offset, int length) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(data, offset, length))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
