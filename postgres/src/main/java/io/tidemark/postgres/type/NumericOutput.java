package io.tidemark.postgres.type;

/**
 * numeric_out. The binary form (numeric_send): count of base-10000 digits, weight of the first,
 * sign, display scale, digits; 16 bits each.
 */
final class NumericOutput implements Output {
  static final int HEAD = 8;
  static final int POSITIVE = 0x0000;
  static final int NEGATIVE = 0x4000;
  static final int NAN = 0xC000;
  static final int INFINITY = 0xD000;
  static final int NEGATIVE_INFINITY = 0xF000;
  private static final int LARGEST_SCALE = 0x3FFF;

  /** Checks the form of a value and gives the number of its digits. */
  static int check(byte[] data, int offset, int length) {
    int digits = length < HEAD ? 0 : Wire.uint16(data, offset);
    if (length != HEAD + 2 * digits) {
      throw MalformedValueException.of("numeric", "its length is not that of its digits");
    }
    int sign = Wire.uint16(data, offset + 4);
    boolean special = sign == NAN || sign == INFINITY || sign == NEGATIVE_INFINITY;
    if (!special && sign != POSITIVE && sign != NEGATIVE) {
      throw MalformedValueException.of("numeric", "its sign is unknown");
    }
    if (Wire.uint16(data, offset + 6) > LARGEST_SCALE && !special) {
      throw MalformedValueException.of("numeric", "its scale is too large");
    }
    for (int i = 0, at = offset + HEAD; i < digits; i++, at += 2) {
      if (Wire.uint16(data, at) > 9999) {
        throw MalformedValueException.of("numeric", "a digit is above 9999");
      }
    }
    return digits;
  }

  @Override
  public void write(byte[] data, int offset, int length, TextBuffer out) {
    int digits = check(data, offset, length);
    switch (Wire.uint16(data, offset + 4)) {
      case NAN -> out.ascii("NaN");
      case INFINITY -> out.ascii("Infinity");
      case NEGATIVE_INFINITY -> out.ascii("-Infinity");
      case NEGATIVE -> digits(data, offset, digits, out.put('-'));
      default -> digits(data, offset, digits, out);
    }
  }

  private static void digits(byte[] data, int offset, int digits, TextBuffer out) {
    int weight = Wire.int16(data, offset + 2);
    int scale = Wire.uint16(data, offset + 6);
    if (weight < 0) {
      out.put('0');
    }
    for (int i = 0; i <= weight; i++) {
      out.padded(digit(data, offset, digits, i), i == 0 ? 1 : 4);
    }
    if (scale == 0) {
      return;
    }
    out.put('.');
    int at = out.reserve(scale);
    byte[] bytes = out.bytes();
    for (int written = 0, i = weight + 1; written < scale; i++) {
      int digit = i < 0 ? 0 : digit(data, offset, digits, i);
      for (int unit = 1000; unit > 0 && written < scale; unit /= 10) {
        bytes[at + written++] = (byte) ('0' + digit / unit % 10);
      }
    }
  }

  private static int digit(byte[] data, int offset, int digits, int i) {
    return i < digits ? Wire.uint16(data, offset + HEAD + 2 * i) : 0;
  }
}
