package io.tidemark.postgres.type;

import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;

/** time; 24:00:00 does not fit. */
final class TimeForm implements ValueForm {
  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, 8, "time");
    return TimeOutputs.checkedTime(Wire.int64(data, offset)) < TimeText.MICROS_PER_DAY;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    if (!fits(data, offset, length)) {
      return false;
    }
    ((LongVector) out).add(Wire.int64(data, offset));
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    long micros = new TimeParser(data, offset, length, "time").time();
    if (micros == TimeText.MICROS_PER_DAY) {
      return false;
    }
    ((LongVector) out).add(micros);
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    TimeText.time(((LongVector) in).get(i), out);
  }
}
