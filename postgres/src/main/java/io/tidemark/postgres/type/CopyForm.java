package io.tidemark.postgres.type;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Vector;

/** Types whose binary form is their text, perhaps behind a version byte: copied as they come. */
final class CopyForm implements ValueForm {
  /** Text, varchar, json and the like. */
  static final CopyForm PLAIN = new CopyForm(0);

  /** Jsonb: a version byte stands before the text. */
  static final CopyForm VERSIONED = new CopyForm(1);

  private final int skipped;

  private CopyForm(int skipped) {
    this.skipped = skipped;
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    if (skipped > 0) {
      TextOutputs.checkVersion(data, offset, length);
    }
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    fits(data, offset, length);
    ((BytesVector) out).add(data, offset + skipped, length - skipped);
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    ((BytesVector) out).add(data, offset, length);
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    BytesVector texts = (BytesVector) in;
    out.copy(texts.data(), texts.start(i), texts.length(i));
  }
}
