package io.tidemark.postgres.type;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;
import java.math.BigInteger;

/**
 * numeric as an exact decimal: straight from base-10000 digits to the unscaled number, in 64 bits
 * up to 18 digits and in 128 above. NaN, the infinities and numbers with more digits do not fit.
 */
final class DecimalForm implements ValueForm {
  private static final int GROUP = 4;

  /** Bytes of a value of four digits. */
  private static final int SHORT = NumericOutput.HEAD + 8;

  private static final long[] TEN = new long[19];
  private static final long LOW_HALF = 0xFFFF_FFFFL;

  static {
    TEN[0] = 1;
    for (int i = 1; i < TEN.length; i++) {
      TEN[i] = TEN[i - 1] * 10;
    }
  }

  private final int precision;
  private final int scale;
  private final boolean isLong;

  DecimalForm(DataType.Decimal held) {
    this.precision = held.precision();
    this.scale = held.scale();
    this.isLong = held.isLong();
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    return holds(data, offset, NumericOutput.check(data, offset, length));
  }

  private boolean holds(byte[] data, int offset, int digits) {
    int sign = Wire.uint16(data, offset + 4);
    boolean special = sign != NumericOutput.POSITIVE && sign != NumericOutput.NEGATIVE;
    if (special || Wire.uint16(data, offset + 6) > scale) {
      return false;
    }
    int first = first(data, offset, digits);
    if (first == digits) {
      return true;
    }
    int exponent = GROUP * (Wire.int16(data, offset + 2) - first) + scale;
    if (exponent + length(digit(data, offset, first)) > precision) {
      return false;
    }
    int last = exponent - GROUP * (digits - 1 - first);
    for (int i = digits - 1; i >= first && last < 0; i--, last += GROUP) {
      int digit = digit(data, offset, i);
      if (digit != 0 && (last <= -GROUP || digit % TEN[-last] != 0)) {
        return false;
      }
    }
    return true;
  }

  /** Index of the first digit that is not 0. */
  private static int first(byte[] data, int offset, int digits) {
    int first = 0;
    while (first < digits && digit(data, offset, first) == 0) {
      first++;
    }
    return first;
  }

  private static int digit(byte[] data, int offset, int i) {
    return Wire.uint16(data, offset + NumericOutput.HEAD + 2 * i);
  }

  private static int length(int digit) {
    return digit < 10 ? 1 : digit < 100 ? 2 : digit < 1000 ? 3 : 4;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    if (isLong && length > NumericOutput.HEAD && length <= SHORT) {
      long unscaled = shortMagnitude(data, offset, length);
      if (unscaled >= 0) {
        boolean negative = Wire.uint16(data, offset + 4) == NumericOutput.NEGATIVE;
        ((LongVector) out).add(negative ? -unscaled : unscaled);
        return true;
      }
    }
    int digits = NumericOutput.check(data, offset, length);
    if (!holds(data, offset, digits)) {
      return false;
    }
    boolean negative = Wire.uint16(data, offset + 4) == NumericOutput.NEGATIVE;
    if (isLong) {
      long magnitude = magnitude(data, offset, digits);
      ((LongVector) out).add(negative ? -magnitude : magnitude);
    } else {
      addWide(data, offset, digits, negative, (BytesVector) out);
    }
    return true;
  }

  /**
   * The unscaled number of a value of at most four digits, in one pass; -1 for everything that is
   * not plain, to be looked at closely.
   */
  private long shortMagnitude(byte[] data, int offset, int length) {
    int digits = (length - NumericOutput.HEAD) / 2;
    int exponent = GROUP * (Wire.int16(data, offset + 2) - digits + 1) + scale;
    boolean plain =
        Wire.uint16(data, offset) == digits
            && (length & 1) == 0
            && (Wire.uint16(data, offset + 4) & ~NumericOutput.NEGATIVE) == 0
            && Wire.uint16(data, offset + 6) <= scale
            && exponent > -GROUP
            && exponent < precision;
    if (!plain) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = digit(data, offset, i);
      if (digit > 9999) {
        return -1;
      }
      value = value * 10_000 + digit;
    }
    if (exponent >= 0) {
      return value < TEN[precision - exponent] ? value * TEN[exponent] : -1;
    }
    long shorter = value / TEN[-exponent];
    return shorter * TEN[-exponent] == value && shorter < TEN[precision] ? shorter : -1;
  }

  /** The unscaled number of a value that fits: below 10^18. */
  private long magnitude(byte[] data, int offset, int digits) {
    int i = first(data, offset, digits);
    int exponent = GROUP * (Wire.int16(data, offset + 2) - i) + scale;
    long value = 0;
    for (; i < digits && exponent >= 0; i++, exponent -= GROUP) {
      value = value * 10_000 + digit(data, offset, i);
    }
    if (exponent < 0 && exponent > -GROUP) {
      int digit = i < digits ? digit(data, offset, i) : 0;
      return value * TEN[GROUP + exponent] + digit / TEN[-exponent];
    }
    return exponent < 0 ? value : value * TEN[Math.min(18, exponent + GROUP)];
  }

  /** The same in 128 bits, kept as two halves. */
  private void addWide(byte[] data, int offset, int digits, boolean negative, BytesVector out) {
    int i = first(data, offset, digits);
    int exponent = GROUP * (Wire.int16(data, offset + 2) - i) + scale;
    long high = 0;
    long low = 0;
    for (; i < digits && exponent > -GROUP; i++, exponent -= GROUP) {
      int digit = digit(data, offset, i);
      long factor = exponent >= 0 ? 10_000 : TEN[GROUP + exponent];
      long added = exponent >= 0 ? digit : digit / TEN[-exponent];
      high = high * factor + carry(low, factor);
      low = low * factor + added;
      high += Long.compareUnsigned(low, added) < 0 ? 1 : 0;
    }
    for (int left = exponent + GROUP; left > 0; left -= 9) {
      long factor = TEN[Math.min(9, left)];
      high = high * factor + carry(low, factor);
      low *= factor;
    }
    if (negative) {
      low = -low;
      high = ~high + (low == 0 ? 1 : 0);
    }
    int at = out.reserve(16);
    Wire.putInt64(out.data(), at, high);
    Wire.putInt64(out.data(), at + 8, low);
  }

  /** The upper 64 bits of an unsigned number of 64 bits times one of 31. */
  private static long carry(long value, long factor) {
    return ((value >>> 32) * factor + ((value & LOW_HALF) * factor >>> 32)) >>> 32;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    DecimalText text = DecimalText.parse(data, offset, length);
    if (text == null || text.fraction() > scale) {
      return false;
    }
    BigInteger unscaled = text.scaled(scale);
    if (unscaled.abs().compareTo(BigInteger.TEN.pow(precision)) >= 0) {
      return false;
    }
    if (isLong) {
      ((LongVector) out).add(unscaled.longValueExact());
    } else {
      BytesVector bytes = (BytesVector) out;
      int at = bytes.reserve(16);
      Wire.putInt64(bytes.data(), at, unscaled.shiftRight(64).longValue());
      Wire.putInt64(bytes.data(), at + 8, unscaled.longValue());
    }
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    BigInteger unscaled =
        isLong
            ? BigInteger.valueOf(((LongVector) in).get(i))
            : new BigInteger(((BytesVector) in).get(i));
    if (unscaled.signum() < 0) {
      out.put('-');
    }
    String digits = unscaled.abs().toString();
    String padded = "0".repeat(Math.max(0, scale + 1 - digits.length())) + digits;
    out.ascii(padded.substring(0, padded.length() - scale));
    if (scale > 0) {
      out.put('.').ascii(padded.substring(padded.length() - scale));
    }
  }
}
