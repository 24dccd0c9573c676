package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;

/**
 * timestamp and timestamptz. What does not fit: the infinities, and times past 294247-01-10, whose
 * microseconds since 1970 take more than 64 bits.
 */
final class TimestampForm implements ValueForm {
  private final String type;
  private final String zone;

  TimestampForm(DataType.Timestamp held) {
    this.type = held.utc() ? "timestamptz" : "timestamp";
    this.zone = held.utc() ? "+00" : "";
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, 8, type);
    long micros = Wire.int64(data, offset);
    return micros != Long.MIN_VALUE && micros <= Long.MAX_VALUE - TimeOutputs.EPOCH_MICROS;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    if (!fits(data, offset, length)) {
      return false;
    }
    ((LongVector) out).add(Wire.int64(data, offset) + TimeOutputs.EPOCH_MICROS);
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    if (TimeParser.isInfinity(data, offset, length)) {
      return false;
    }
    Long micros = new TimeParser(data, offset, length, type).timestamp();
    if (micros == null) {
      return false;
    }
    ((LongVector) out).add(micros);
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    long micros = ((LongVector) in).get(i);
    TimeText.timestamp(
        Math.floorDiv(micros, TimeText.MICROS_PER_DAY),
        Math.floorMod(micros, TimeText.MICROS_PER_DAY),
        zone,
        out);
  }
}
