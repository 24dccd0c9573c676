package io.tidemark.duckdb;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * PostgreSQL's text of floating-point numbers: the fewest digits that lie nearer to the number than
 * to any other, with an exponent where it is below -4 or at least 15 (double precision) or 6
 * (real). (PostgreSQL manual, "Floating-Point Types"; the rule for ties was seen by experiment: a
 * decimal just between two numbers stands for neither.)
 */
final class PgNumber {
  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final int SURE_DOUBLE_DIGITS = 15;
  private static final int SURE_FLOAT_DIGITS = 6;

  private PgNumber() {}

  static String text(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
      return special(value);
    }
    double size = Math.abs(value);
    int sure = size < Double.MIN_NORMAL ? 1 : SURE_DOUBLE_DIGITS;
    double up = Math.nextUp(size);
    BigDecimal above = Double.isInfinite(up) ? doubled(size, Math.nextDown(size)) : exact(up);
    BigDecimal shortest = shortest(exact(size), exact(Math.nextDown(size)), above, sure);
    return (value < 0 ? "-" : "") + laidOut(shortest, 15);
  }

  static String text(float value) {
    if (Float.isNaN(value) || Float.isInfinite(value) || value == 0) {
      return special(value);
    }
    float size = Math.abs(value);
    int sure = size < Float.MIN_NORMAL ? 1 : SURE_FLOAT_DIGITS;
    float up = Math.nextUp(size);
    BigDecimal above = Float.isInfinite(up) ? doubled(size, Math.nextDown(size)) : exact(up);
    BigDecimal shortest = shortest(exact(size), exact(Math.nextDown(size)), above, sure);
    return (value < 0 ? "-" : "") + laidOut(shortest, 6);
  }

  private static String special(double value) {
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    return Double.toString(value);
  }

  private static BigDecimal exact(double value) {
    return new BigDecimal(value);
  }

  /** Where the next number above the largest would be. */
  private static BigDecimal doubled(double size, double below) {
    return exact(size).add(exact(size).subtract(exact(below)));
  }

  /**
   * The shortest decimal that is nearer to a number than to its neighbours.
   *
   * @param sure so many digits tell any two numbers apart, so fewer need not be tried: what has
   *     fewer ends in zeros
   */
  private static BigDecimal shortest(
      BigDecimal number, BigDecimal below, BigDecimal above, int sure) {
    BigDecimal low = number.add(below).divide(TWO);
    BigDecimal high = number.add(above).divide(TWO);
    for (int digits = sure; ; digits++) {
      BigDecimal nearest = number.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (isBetween(low, nearest, high)) {
        return nearest;
      }
      // Below a power of two the numbers lie narrower than above, so the nearest decimal may miss
      // where its neighbour does not.
      BigDecimal step = number.compareTo(nearest) > 0 ? nearest.ulp() : nearest.ulp().negate();
      if (isBetween(low, nearest.add(step), high)) {
        return nearest.add(step);
      }
    }
  }

  private static boolean isBetween(BigDecimal low, BigDecimal value, BigDecimal high) {
    return low.compareTo(value) < 0 && value.compareTo(high) < 0;
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
