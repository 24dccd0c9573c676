package io.tidemark.postgres.type;

import io.tidemark.api.model.ColumnData;

/**
 * Turns values of one column, as PostgreSQL sends them in COPY or in pgoutput, into elements of a
 * column. Each call appends exactly one element. Nulls and unchanged values never come here. Any
 * number of threads may share a codec.
 *
 * <p>Bytes that are no value of the type throw {@link MalformedValueException}, whatever they are.
 * Nothing else is thrown, and then nothing was appended. A value that the data type cannot hold is
 * kept as the {@link MisfitPolicy} says.
 */
public interface ColumnCodec {
  /** Appends a value in the type's binary form (its send function's). */
  void binary(byte[] data, int offset, int length, ColumnData out);

  /** Appends a value in the type's text form (its output function's), in the encoding UTF-8. */
  void text(byte[] data, int offset, int length, ColumnData out);
}
