package io.tidemark.duckdb;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * PostgreSQL's text of floating-point numbers: the fewest digits that read back as the same number,
 * with an exponent where it is below -4 or at least 15 (double precision) or 6 (real). (PostgreSQL
 * manual, "Floating-Point Types"; src/common/d2s.c and f2s.c.)
 */
final class PgNumber {
  private static final int SURE_DOUBLE_DIGITS = 15;
  private static final int SURE_FLOAT_DIGITS = 6;

  private PgNumber() {}

  static String text(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
      return special(value);
    }
    BigDecimal exact = new BigDecimal(Math.abs(value));
    int digits = SURE_DOUBLE_DIGITS;
    BigDecimal shortest = rounded(exact, digits);
    while (shortest.doubleValue() != Math.abs(value)) {
      shortest = reading(exact, ++digits, BigDecimal::doubleValue, Math.abs(value));
    }
    return (value < 0 ? "-" : "") + laidOut(shortest, 15);
  }

  static String text(float value) {
    if (Float.isNaN(value) || Float.isInfinite(value) || value == 0) {
      return special(value);
    }
    BigDecimal exact = new BigDecimal(Math.abs(value));
    int digits = SURE_FLOAT_DIGITS;
    BigDecimal shortest = rounded(exact, digits);
    while (shortest.floatValue() != Math.abs(value)) {
      shortest = reading(exact, ++digits, d -> (double) d.floatValue(), Math.abs(value));
    }
    return (value < 0 ? "-" : "") + laidOut(shortest, 6);
  }

  private static String special(double value) {
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    return Double.toString(value);
  }

  /**
   * The number of so many digits that reads back as the value: the nearest one, or one beside it,
   * since above a power of two the numbers lie wider than below.
   */
  private static BigDecimal reading(
      BigDecimal exact,
      int digits,
      java.util.function.ToDoubleFunction<BigDecimal> read,
      double as) {
    BigDecimal nearest = rounded(exact, digits);
    BigDecimal above = nearest.add(nearest.ulp());
    BigDecimal below = nearest.subtract(nearest.ulp());
    BigDecimal second = exact.compareTo(nearest) > 0 ? above : below;
    return read.applyAsDouble(nearest) != as && read.applyAsDouble(second) == as ? second : nearest;
  }

  private static BigDecimal rounded(BigDecimal exact, int digits) {
    return exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
  }

  private static String laidOut(BigDecimal value, int firstExponent) {
    BigDecimal plain = value.stripTrailingZeros();
    String digits = plain.unscaledValue().toString();
    int exponent = digits.length() - 1 - plain.scale();
    if (exponent >= -4 && exponent < firstExponent) {
      return plain.toPlainString();
    }
    String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
    return digits.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }
}
