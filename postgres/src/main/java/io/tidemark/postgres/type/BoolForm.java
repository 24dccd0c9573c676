package io.tidemark.postgres.type;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.Vector;

/** bool. */
final class BoolForm implements ValueForm {
  @Override
  public boolean fits(byte[] data, int offset, int length) {
    Wire.length(length, 1, "bool");
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    Wire.length(length, 1, "bool");
    ((BooleanVector) out).add(data[offset] != 0);
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    if (length != 1 || (data[offset] != 't' && data[offset] != 'f')) {
      throw MalformedValueException.of("bool", "it is neither t nor f");
    }
    ((BooleanVector) out).add(data[offset] == 't');
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    out.put(((BooleanVector) in).get(i) ? 't' : 'f');
  }
}
