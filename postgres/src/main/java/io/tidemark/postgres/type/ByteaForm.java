package io.tidemark.postgres.type;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Vector;

/** bytea as bytes. Its text comes in hex or, from a server set so, in escape format. */
final class ByteaForm implements ValueForm {
  @Override
  public boolean fits(byte[] data, int offset, int length) {
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    ((BytesVector) out).add(data, offset, length);
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    BytesVector bytes = (BytesVector) out;
    if (length >= 2 && data[offset] == '\\' && data[offset + 1] == 'x') {
      hex(data, offset + 2, length - 2, bytes);
    } else {
      TextBuffer plain = new TextBuffer();
      escaped(data, offset, offset + length, plain);
      bytes.add(plain.bytes(), 0, plain.length());
    }
    return true;
  }

  /** Straight into the vector: a value may be as large as memory allows to have once. */
  private static void hex(byte[] data, int offset, int length, BytesVector out) {
    if (length % 2 != 0) {
      throw MalformedValueException.of("bytea", "it has an odd number of digits");
    }
    for (int i = offset; i < offset + length; i++) {
      if (Character.digit(data[i], 16) < 0) {
        throw MalformedValueException.of("bytea", "it has a digit that is not hexadecimal");
      }
    }
    int at = out.reserve(length / 2);
    byte[] bytes = out.data();
    for (int i = offset; i < offset + length; i += 2) {
      bytes[at++] = (byte) (Character.digit(data[i], 16) << 4 | Character.digit(data[i + 1], 16));
    }
  }

  private static void escaped(byte[] data, int from, int end, TextBuffer out) {
    for (int i = from; i < end; i++) {
      if (data[i] != '\\') {
        out.put(data[i]);
      } else if (i + 1 < end && data[i + 1] == '\\') {
        out.put('\\');
        i++;
      } else if (i + 3 < end && octal(data, i) >= 0) {
        out.put(octal(data, i));
        i += 3;
      } else {
        throw MalformedValueException.of("bytea", "it has an escape that is not known");
      }
    }
  }

  private static int octal(byte[] data, int at) {
    int value = 0;
    for (int i = at + 1; i <= at + 3; i++) {
      if (data[i] < '0' || data[i] > '7') {
        return -1;
      }
      value = value * 8 + data[i] - '0';
    }
    return value > 255 ? -1 : value;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    BytesVector bytes = (BytesVector) in;
    TextOutputs.hex(bytes.data(), bytes.start(i), bytes.length(i), out);
  }
}
