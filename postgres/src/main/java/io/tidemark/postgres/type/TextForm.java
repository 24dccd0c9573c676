package io.tidemark.postgres.type;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.Vector;

/** Any type held as its own text. */
final class TextForm implements ValueForm {
  private final Output output;
  // One for each thread: a codec is shared, and most texts are short.
  private final ThreadLocal<TextBuffer> buffers = ThreadLocal.withInitial(TextBuffer::new);

  TextForm(Output output) {
    this.output = output;
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    output.write(data, offset, length, buffers.get().clear());
    return true;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    TextBuffer text = buffers.get().clear();
    output.write(data, offset, length, text);
    ((BytesVector) out).add(text.bytes(), 0, text.length());
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
