package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.IntVector;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Vector;

/** int2, int4, int8, and the unsigned oid, xid and cid; held as wide as they are, or wider. */
final class IntForm implements ValueForm {
  private static final int LONG_DIGITS = 19;

  private final String type;
  private final int bytes;
  private final boolean unsigned;
  private final boolean intoLong;
  private final long largest;

  private IntForm(String type, int bytes, boolean unsigned, DataType.Int held) {
    this.type = type;
    this.bytes = bytes;
    this.unsigned = unsigned;
    this.intoLong = held.bits() == 64;
    this.largest = unsigned ? 0xFFFF_FFFFL : -1L >>> (65 - bytes * 8);
  }

  /** The form of what a send function writes. */
  static IntForm of(String send, DataType.Int held) {
    return switch (send) {
      case "int2send" -> new IntForm("int2", 2, false, held);
      case "int4send" -> new IntForm("int4", 4, false, held);
      case "oidsend", "xidsend", "cidsend" -> new IntForm("oid", 4, true, held);
      default -> new IntForm("int8", 8, false, held);
    };
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, bytes, type);
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    Wire.length(length, bytes, type);
    if (intoLong) {
      ((LongVector) out).add(read(data, offset));
    } else {
      ((IntVector) out).add((int) read(data, offset));
    }
    return true;
  }

  private long read(byte[] data, int offset) {
    if (bytes == 8) {
      return Wire.int64(data, offset);
    } else if (bytes == 4) {
      return unsigned ? Wire.uint32(data, offset) : Wire.int32(data, offset);
    }
    return Wire.int16(data, offset);
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    long value = parse(data, offset, length);
    if (intoLong) {
      ((LongVector) out).add(value);
    } else {
      ((IntVector) out).add((int) value);
    }
    return true;
  }

  private long parse(byte[] data, int offset, int length) {
    boolean negative = length > 0 && data[offset] == '-';
    int at = negative ? offset + 1 : offset;
    int end = offset + length;
    if (at == end || end - at > LONG_DIGITS || (negative && unsigned)) {
      throw MalformedValueException.of(type, "it is no integer of " + bytes + " bytes");
    }
    long value = 0;
    boolean good = true;
    for (; at < end; at++) {
      int digit = data[at] - '0';
      good &= digit >= 0 && digit <= 9;
      value = value * 10 - digit;
    }
    // Counted downwards, because the smallest number has no positive counterpart.
    if (!good || value > 0 || value < (negative ? -largest - 1 : -largest)) {
      throw MalformedValueException.of(type, "it is no integer of " + bytes + " bytes");
    }
    return negative ? value : -value;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    out.number(in instanceof LongVector longs ? longs.get(i) : ((IntVector) in).get(i));
  }
}
