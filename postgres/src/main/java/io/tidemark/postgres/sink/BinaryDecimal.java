package io.tidemark.postgres.sink;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;
import java.math.BigInteger;

/**
 * Decimals as numeric_recv reads them (src/backend/utils/adt/numeric.c): number of digits, weight
 * of the first, sign, scale, digits to the base of 10,000.
 */
record BinaryDecimal(DataType.Decimal type) implements BinaryValue {
  private static final int BASE_DIGITS = 4;
  private static final int BASE = 10_000;
  private static final int NEGATIVE = 0x4000;
  private static final int MOST_DIGITS = 12;

  /** What the unscaled number is multiplied by so that the point falls between two digits. */
  private static final int[] SHIFT = {1, 1_000, 100, 10};

  @Override
  public void write(CopyBuffer out, Vector in, int i) {
    int shift = SHIFT[type.scale() % BASE_DIGITS];
    int[] digits = new int[MOST_DIGITS]; // the last first
    int count = 0;
    boolean negative;
    if (type.isLong() && type.precision() + 3 <= DataType.Decimal.LONG_DIGITS) {
      long unscaled = ((LongVector) in).get(i);
      negative = unscaled < 0;
      for (long rest = Math.abs(unscaled) * shift; rest != 0; rest /= BASE) {
        digits[count++] = (int) (rest % BASE);
      }
    } else {
      BigInteger unscaled =
          type.isLong()
              ? BigInteger.valueOf(((LongVector) in).get(i))
              : new BigInteger(((BytesVector) in).get(i));
      negative = unscaled.signum() < 0;
      BigInteger base = BigInteger.valueOf(BASE);
      BigInteger rest = unscaled.abs().multiply(BigInteger.valueOf(shift));
      while (rest.signum() != 0) {
        BigInteger[] parts = rest.divideAndRemainder(base);
        digits[count++] = parts[1].intValue();
        rest = parts[0];
      }
    }
    int behindPoint = (type.scale() + BASE_DIGITS - 1) / BASE_DIGITS;
    int last = 0;
    while (last < count && digits[last] == 0) {
      last++;
    }
    out.four(8 + 2 * (count - last));
    out.two(count - last);
    out.two(count == last ? 0 : count - behindPoint - 1);
    out.two(negative ? NEGATIVE : 0);
    out.two(type.scale());
    for (int digit = count - 1; digit >= last; digit--) {
      out.two(digits[digit]);
    }
  }
}
