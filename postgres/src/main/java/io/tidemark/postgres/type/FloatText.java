package io.tidemark.postgres.type;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * float4out and float8out with extra_float_digits of 1 or more: the shortest digits that lie
 * strictly between the neighbouring midpoints, so that any reader finds the number again; fixed
 * notation for exponents from -4 to 5 (float4) or 14 (float8).
 */
final class FloatText {
  private static final int FLOAT4_FIXED = 6;
  private static final int FLOAT8_FIXED = 15;

  /** Digits that always tell two numbers of a type apart. */
  private static final int FLOAT_DIGITS = 9;

  private static final int DOUBLE_DIGITS = 17;
  private static final int EXACT_DIGITS = 15;
  private static final double[] TEN = new double[16];

  static {
    TEN[0] = 1;
    for (int i = 1; i < TEN.length; i++) {
      TEN[i] = TEN[i - 1] * 10;
    }
  }

  private FloatText() {}

  static void write(double value, TextBuffer out) {
    if (special(value, out)) {
      return;
    }
    double positive = Math.abs(value);
    boolean plain = positive >= 1e-4 && positive < 1e15;
    if (plain && writeExact(positive, out)) {
      return;
    }
    BigDecimal exact = new BigDecimal(positive);
    BigDecimal next =
        positive == Double.MAX_VALUE
            ? BigDecimal.valueOf(2).pow(1024)
            : new BigDecimal(Math.nextUp(positive));
    BigDecimal up = middle(exact, next);
    BigDecimal down = middle(exact, new BigDecimal(Math.nextDown(positive)));
    int least = plain ? EXACT_DIGITS + 1 : 1;
    write(shortest(exact, down, up, least, DOUBLE_DIGITS), FLOAT8_FIXED, out);
  }

  static void write(float value, TextBuffer out) {
    if (special(value, out)) {
      return;
    }
    float positive = Math.abs(value);
    BigDecimal exact = new BigDecimal((double) positive);
    double next = positive == Float.MAX_VALUE ? 0x1p128 : Math.nextUp(positive);
    BigDecimal up = middle(exact, new BigDecimal(next));
    BigDecimal down = middle(exact, new BigDecimal((double) Math.nextDown(positive)));
    write(shortest(exact, down, up, 1, FLOAT_DIGITS), FLOAT4_FIXED, out);
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

  /**
   * Numbers of at most 15 digits, which are most: at most one decimal of so few digits is nearest
   * to any double, and the quotient of two exact doubles is correctly rounded.
   */
  private static boolean writeExact(double value, TextBuffer out) {
    for (int scale = 0; scale < TEN.length; scale++) {
      double scaled = value * TEN[scale];
      if (scaled >= 1e15) {
        return false;
      }
      long digits = Math.round(scaled);
      if (digits / TEN[scale] == value) {
        long unit = (long) TEN[scale];
        out.number(digits / unit);
        if (scale > 0) {
          out.put('.').padded(digits % unit, scale);
        }
        return true;
      }
    }
    return false;
  }

  private static BigDecimal middle(BigDecimal a, BigDecimal b) {
    return a.add(b).divide(BigDecimal.valueOf(2));
  }

  /** What fits in some digits fits in more, so that the fewest are found by halving. */
  private static BigDecimal shortest(
      BigDecimal exact, BigDecimal down, BigDecimal up, int least, int most) {
    int low = least;
    int high = most;
    BigDecimal found = rounded(exact, down, up, most);
    while (low < high) {
      int digits = (low + high) / 2;
      BigDecimal candidate = rounded(exact, down, up, digits);
      if (candidate == null) {
        low = digits + 1;
      } else {
        found = candidate;
        high = digits;
      }
    }
    return found;
  }

  /** The nearest number of some digits between two bounds, which are excluded; null for none. */
  private static BigDecimal rounded(BigDecimal exact, BigDecimal down, BigDecimal up, int digits) {
    BigDecimal below = exact.round(new MathContext(digits, RoundingMode.DOWN));
    BigDecimal above = exact.round(new MathContext(digits, RoundingMode.UP));
    boolean belowFits = below.compareTo(down) > 0;
    boolean aboveFits = above.compareTo(up) < 0;
    if (belowFits && aboveFits) {
      return exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    }
    return belowFits ? below : aboveFits ? above : null;
  }

  private static void write(BigDecimal value, int fixedBelow, TextBuffer out) {
    BigDecimal stripped = value.stripTrailingZeros();
    String digits = stripped.unscaledValue().toString();
    int exponent = digits.length() - 1 - stripped.scale();
    if (exponent >= -4 && exponent < fixedBelow) {
      out.ascii(stripped.toPlainString());
      return;
    }
    out.put(digits.charAt(0));
    if (digits.length() > 1) {
      out.put('.').ascii(digits.substring(1));
    }
    out.put('e').put(exponent < 0 ? '-' : '+').padded(Math.abs(exponent), 2);
  }
}
