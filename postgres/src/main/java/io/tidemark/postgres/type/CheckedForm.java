package io.tidemark.postgres.type;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Vector;

/** A type held as text, from a database that lets bytes pass that are no UTF-8: they do not fit. */
record CheckedForm(ValueForm form, Output output) implements ValueForm {
  @Override
  public boolean fits(byte[] data, int offset, int length) {
    TextBuffer text = new TextBuffer();
    output.write(data, offset, length, text);
    return Utf8.isValid(text.bytes(), 0, text.length());
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    TextBuffer text = new TextBuffer();
    output.write(data, offset, length, text);
    return addText(text.bytes(), 0, text.length(), out);
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    if (!Utf8.isValid(data, offset, length)) {
      return false;
    }
    ((BytesVector) out).add(data, offset, length);
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    form.print(in, i, out);
  }
}
