package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.Vector;
import java.nio.charset.StandardCharsets;

/** float4 and float8, held as they are. */
final class FloatForm implements ValueForm {
  private static final int LONGEST = 64;

  private final boolean isDouble;
  private final int bytes;
  private final String type;

  FloatForm(DataType.Float held) {
    this.isDouble = held.bits() == 64;
    this.bytes = held.bits() / 8;
    this.type = "float" + bytes;
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, bytes, type);
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    Wire.length(length, bytes, type);
    if (isDouble) {
      ((DoubleVector) out).add(Double.longBitsToDouble(Wire.int64(data, offset)));
    } else {
      ((FloatVector) out).add(Float.intBitsToFloat(Wire.int32(data, offset)));
    }
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    String text = number(data, offset, length);
    try {
      if (isDouble) {
        ((DoubleVector) out).add(finite(Double.parseDouble(text), text));
      } else {
        ((FloatVector) out).add((float) finite(Float.parseFloat(text), text));
      }
    } catch (NumberFormatException e) {
      throw MalformedValueException.of(type, "it is no number");
    }
    return true;
  }

  private double finite(double value, String text) {
    if (Double.isInfinite(value) && !text.endsWith("y")) {
      throw MalformedValueException.of(type, "it is out of range");
    }
    return value;
  }

  /** Java's parser takes more than PostgreSQL writes: hexadecimal digits, suffixes, blanks. */
  private String number(byte[] data, int offset, int length) {
    if (length > LONGEST) {
      throw MalformedValueException.of(type, "it is no number");
    }
    String text = new String(data, offset, length, StandardCharsets.ISO_8859_1);
    if (text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity")) {
      return text;
    }
    for (int i = 0; i < length; i++) {
      if ("0123456789+-.e".indexOf(text.charAt(i)) < 0) {
        throw MalformedValueException.of(type, "it is no number");
      }
    }
    return text;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    if (isDouble) {
      FloatText.write(((DoubleVector) in).get(i), out);
    } else {
      FloatText.write(((FloatVector) in).get(i), out);
    }
  }
}
