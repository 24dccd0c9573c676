package io.tidemark.postgres.type;

import io.tidemark.api.model.ColumnData;

/**
 * Turns values of one column, as PostgreSQL sends them in COPY or in pgoutput, into elements of a
 * column. Each call appends exactly one element. Nulls and unchanged values never come here. Any
 * number of threads may share a codec.
 *
 * <p>Bytes that are no value of the type throw {@link MalformedValueException}, whatever they are;
 * under {@link MisfitPolicy#REJECT} a value that the data type cannot hold throws {@link
 * MisfitException}. Nothing else is thrown, and then nothing was appended.
 */
public interface ColumnCodec {
  /** Appends a value in the type's binary form (its send function's). */
  void binary(byte[] data, int offset, int length, ColumnData out);

  /** Appends a value in the type's text form (its output function's), in the encoding UTF-8. */
  void text(byte[] data, int offset, int length, ColumnData out);
}
