package io.tidemark.postgres.type;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Vector;

/** uuid as 16 bytes. */
final class UuidForm implements ValueForm {
  private static final int BYTES = 16;
  private static final int TEXT = 36;

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, BYTES, "uuid");
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    Wire.length(length, BYTES, "uuid");
    ((BytesVector) out).add(data, offset, BYTES);
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    byte[] bytes = new byte[BYTES];
    int digits = 0;
    boolean good = length == TEXT;
    for (int i = 0; good && i < TEXT; i++) {
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      int digit = Character.digit(data[offset + i], 16);
      if (dash) {
        good = data[offset + i] == '-';
      } else if (digit < 0) {
        good = false;
      } else {
        bytes[digits / 2] = (byte) (bytes[digits / 2] << 4 | digit);
        digits++;
      }
    }
    if (!good) {
      throw MalformedValueException.of("uuid", "it is not of five groups of hexadecimal digits");
    }
    ((BytesVector) out).add(bytes);
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    BytesVector bytes = (BytesVector) in;
    TextOutputs.uuid(bytes.data(), bytes.start(i), bytes.length(i), out);
  }
}
