package io.tidemark.postgres.type;

/**
 * PostgreSQL's output function of a type, working on the binary form: what the server would print
 * under {@link PinnedSettings}. Any number of threads may share one.
 */
interface Output {
  /**
   * Appends the text of a value.
   *
   * @throws MalformedValueException where the bytes are no value of the type
   */
  void write(byte[] data, int offset, int length, TextBuffer out);
}
