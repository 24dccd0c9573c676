package io.tidemark.postgres.type;

/**
 * float4out and float8out with extra_float_digits of 1 or more: the {@linkplain ShortestDecimal
 * shortest digits}, in fixed notation for exponents from -4 to 5 (float4) or 14 (float8).
 */
final class FloatText {
  private static final int FLOAT4_FIXED = 6;
  private static final int FLOAT8_FIXED = 15;
  private static final int FIXED_FROM = -4;

  private FloatText() {}

  static void write(double value, TextBuffer out) {
    if (special(value, out)) {
      return;
    }
    long bits = Double.doubleToRawLongBits(value);
    int exponent = (int) (bits >>> 52) & 0x7FF;
    long fraction = bits & (1L << 52) - 1;
    long significand = exponent == 0 ? fraction : fraction | 1L << 52;
    int power = Math.max(exponent, 1) - 1075;
    write(significand, power, fraction == 0 && exponent > 1, FLOAT8_FIXED, out);
  }

  static void write(float value, TextBuffer out) {
    if (special(value, out)) {
      return;
    }
    int bits = Float.floatToRawIntBits(value);
    int exponent = bits >>> 23 & 0xFF;
    int fraction = bits & (1 << 23) - 1;
    int significand = exponent == 0 ? fraction : fraction | 1 << 23;
    int power = Math.max(exponent, 1) - 150;
    write(significand, power, fraction == 0 && exponent > 1, FLOAT4_FIXED, out);
  }

  private static boolean special(double value, TextBuffer out) {
    if (Double.isNaN(value)) {
      out.ascii("NaN");
      return true;
    }
    if (Double.doubleToRawLongBits(value) < 0) {
      out.put('-');
    }
    if (Double.isInfinite(value)) {
      out.ascii("Infinity");
      return true;
    }
    if (value == 0) {
      out.put('0');
      return true;
    }
    return false;
  }

  private static void write(
      long significand, int power, boolean narrowBelow, int fixedBelow, TextBuffer out) {
    int unit = ShortestDecimal.unit(power, narrowBelow);
    long digits = ShortestDecimal.digits(significand, power, narrowBelow);
    while (digits % 10 == 0) {
      digits /= 10;
      unit++;
    }
    int from = out.length();
    out.number(digits);
    int count = out.length() - from;
    int exponent = count - 1 + unit;
    if (exponent < FIXED_FROM || exponent >= fixedBelow) {
      if (count > 1) {
        out.insert(from + 1, 1);
        out.bytes()[from + 1] = '.';
      }
      out.put('e').put(exponent < 0 ? '-' : '+').padded(Math.abs(exponent), 2);
    } else if (exponent < 0) {
      out.insert(from, 1 - exponent);
      java.util.Arrays.fill(out.bytes(), from, from + 1 - exponent, (byte) '0');
      out.bytes()[from + 1] = '.';
    } else if (unit < 0) {
      out.insert(from + exponent + 1, 1);
      out.bytes()[from + exponent + 1] = '.';
    } else {
      for (int i = 0; i < unit; i++) {
        out.put('0');
      }
    }
  }
}
