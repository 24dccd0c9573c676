package io.tidemark.postgres.type;

import io.tidemark.api.model.Vector;

/**
 * A composite whose known definition is not the one its column is held by: none of its values fits,
 * so each keeps its text. Elements from before print as ever.
 */
record OutdatedForm(ValueForm printer) implements ValueForm {
  @Override
  public boolean fits(byte[] data, int offset, int length) {
    return false;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    return false;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    return false;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    printer.print(in, i, out);
  }
}
