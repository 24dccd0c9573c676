package io.tidemark.postgres.type;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * A number as numeric_out writes it: a sign, digits, a point and digits.
 *
 * @param digits all digits without the point, with the sign
 * @param fraction how many of them stand behind the point
 */
record DecimalText(String digits, int fraction) {
  /** PostgreSQL's limit: 131,072 digits before the point and 16,383 behind. */
  private static final int LONGEST = 131_072 + 16_383 + 2;

  private static final int LONG_DIGITS = 18;

  /** Null for NaN and the infinities. */
  static DecimalText parse(byte[] data, int offset, int length) {
    if (length == 0 || length > LONGEST) {
      throw MalformedValueException.of("numeric", "it is no number");
    }
    String text = new String(data, offset, length, StandardCharsets.ISO_8859_1);
    if (text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity")) {
      return null;
    }
    int point = text.indexOf('.');
    for (int i = 0; i < length; i++) {
      char character = text.charAt(i);
      boolean good =
          (character >= '0' && character <= '9')
              || i == point
              || (i == 0 && character == '-' && length > 1);
      if (!good) {
        throw MalformedValueException.of("numeric", "it is no number");
      }
    }
    String digits = point < 0 ? text : text.substring(0, point) + text.substring(point + 1);
    if (digits.isEmpty() || digits.equals("-")) {
      throw MalformedValueException.of("numeric", "it is no number");
    }
    return new DecimalText(digits, point < 0 ? 0 : length - point - 1);
  }

  /** The number times ten to a scale that is not below {@link #fraction}. */
  BigInteger scaled(int scale) {
    BigInteger unscaled =
        digits.length() <= LONG_DIGITS
            ? BigInteger.valueOf(Long.parseLong(digits))
            : new BigInteger(digits);
    return scale == fraction ? unscaled : unscaled.multiply(BigInteger.TEN.pow(scale - fraction));
  }
}
