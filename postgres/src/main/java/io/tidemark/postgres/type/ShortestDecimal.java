package io.tidemark.postgres.type;

import java.math.BigInteger;

/**
 * The shortest decimal that lies strictly between the midpoints to the neighbours of a binary
 * floating-point number, and of the shortest ones the nearest; so any reader finds the number
 * again, whatever it does with ties. PostgreSQL chooses the same (src/common/ryu_common.h).
 *
 * <p>The method is that of Raffaello Giulietti, "The Schubfach way to render doubles" (2020):
 * multiply by a power of ten kept in 126 bits and round to odd, so that comparing the bounds with
 * integers is exact.
 */
final class ShortestDecimal {
  /** Powers of ten that 64-bit numbers need. */
  private static final int LEAST_POWER = -292;

  private static final int GREATEST_POWER = 324;
  private static final int POWER_BITS = 126;
  private static final int HALF_BITS = 63;
  private static final long HALF = (1L << HALF_BITS) - 1;
  private static final long[] POWERS = powers();

  private ShortestDecimal() {}

  /**
   * The power of ten that {@link #digits} counts in.
   *
   * @param power of two that the significand is multiplied by
   * @param narrowBelow whether the next smaller number is only half as far as the next greater
   */
  static int unit(int power, boolean narrowBelow) {
    // floor(log10(2^power)), and with 3/4 of it where the interval is narrower.
    return (int) (power * 661_971_961_083L - (narrowBelow ? 274_743_187_321L : 0) >> 41);
  }

  /** The decimal in units of ten to the power of {@link #unit}; may end with zeros. */
  static long digits(long significand, int power, boolean narrowBelow) {
    int unit = unit(power, narrowBelow);
    int shift = power + log2OfPowerOf10(-unit) + 2;
    int at = (-unit - LEAST_POWER) * 2;
    long middle = scaled(at, significand << 2, shift);
    long lower = scaled(at, (significand << 2) - (narrowBelow ? 1 : 2), shift);
    long upper = scaled(at, (significand << 2) + 2, shift);

    long below = middle >> 2;
    long tens = below / 10 * 10;
    boolean tensFit = tens << 2 > lower;
    boolean nextTensFit = tens + 10 << 2 < upper;
    if (tensFit != nextTensFit) {
      return tensFit ? tens : tens + 10;
    }
    boolean belowFits = below << 2 > lower;
    boolean aboveFits = below + 1 << 2 < upper;
    if (belowFits != aboveFits) {
      return belowFits ? below : below + 1;
    }
    long half = (below << 2) + 2;
    boolean nearerBelow = middle < half || (middle == half && (below & 1) == 0);
    return nearerBelow ? below : below + 1;
  }

  private static int log2OfPowerOf10(int power) {
    return (int) (power * 913_124_641_741L >> 38);
  }

  /** Four times the scaled number, the lowest bit set where anything was cut off. */
  private static long scaled(int at, long quadruple, int shift) {
    long factor = quadruple << shift;
    long low = Math.multiplyHigh(POWERS[at + 1], factor);
    long middle = (POWERS[at] * factor >>> 1) + low;
    long high = Math.multiplyHigh(POWERS[at], factor) + (middle >>> HALF_BITS);
    return high | ((middle & HALF) + HALF >>> HALF_BITS);
  }

  /** For each power of ten its first 126 bits, rounded up, as two halves. */
  private static long[] powers() {
    long[] halves = new long[(GREATEST_POWER - LEAST_POWER + 1) * 2];
    for (int power = LEAST_POWER; power <= GREATEST_POWER; power++) {
      int shift = POWER_BITS - 1 - log2OfPowerOf10(power);
      BigInteger ten = BigInteger.TEN.pow(Math.abs(power));
      BigInteger bits =
          power >= 0
              ? shift >= 0 ? ten.shiftLeft(shift) : ten.shiftRight(-shift)
              : BigInteger.ONE.shiftLeft(shift).divide(ten);
      BigInteger rounded = bits.add(BigInteger.ONE);
      int at = (power - LEAST_POWER) * 2;
      halves[at] = rounded.shiftRight(HALF_BITS).longValueExact();
      halves[at + 1] = rounded.and(BigInteger.valueOf(HALF)).longValueExact();
    }
    return halves;
  }
}
