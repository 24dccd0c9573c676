package io.tidemark.postgres.type;

import io.tidemark.api.model.Vector;

/**
 * How values of one PostgreSQL type become elements of one class of vector, and PostgreSQL's text
 * again. Any number of threads may share one.
 *
 * <p>Bytes that are no value of the type throw {@link MalformedValueException}, and then nothing
 * was appended.
 */
interface ValueForm {
  /** Whether the vector can hold a value in binary form exactly; looks at all of it. */
  boolean fits(byte[] data, int offset, int length);

  /**
   * Appends a value in binary form where it fits.
   *
   * @return false where it does not; nothing was appended
   */
  boolean addBinary(byte[] data, int offset, int length, Vector out);

  /** The same for a value in text form. */
  boolean addText(byte[] data, int offset, int length, Vector out);

  /** Appends PostgreSQL's text of element {@code i}, which is not null. */
  void print(Vector in, int i, TextBuffer out);
}
