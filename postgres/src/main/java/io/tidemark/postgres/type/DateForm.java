package io.tidemark.postgres.type;

import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.Vector;

/** date; the infinities do not fit. */
final class DateForm implements ValueForm {
  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, 4, "date");
    int day = Wire.int32(data, offset);
    if (day == Integer.MAX_VALUE || day == Integer.MIN_VALUE) {
      return false;
    }
    if (day > Integer.MAX_VALUE - TimeOutputs.EPOCH_DAYS) {
      throw MalformedValueException.of("date", "it is past the last day that PostgreSQL knows");
    }
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    if (!fits(data, offset, length)) {
      return false;
    }
    ((IntVector) out).add(Wire.int32(data, offset) + TimeOutputs.EPOCH_DAYS);
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    if (TimeParser.isInfinity(data, offset, length)) {
      return false;
    }
    ((IntVector) out).add((int) new TimeParser(data, offset, length, "date").date());
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    TimeText.date(((IntVector) in).get(i), out);
  }
}
