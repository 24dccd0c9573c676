package io.tidemark.kafka.sink;

import io.tidemark.api.model.ColumnData;
import java.util.function.BiConsumer;

/**
 * How the values of a column are written.
 *
 * @param schema what Connect calls it
 * @param values writes what the column's type holds
 * @param raw writes PostgreSQL's text of a value that the column's type does not hold, or throws
 *     {@link ValueForm.UnfitValue}
 * @param unavailable what stands for a value that the log left out; null where nothing can
 * @param missing what stands in a column that may not be null where the log has no value: in the
 *     old row of a delete, all but its key
 */
record ColumnForm(
    ConnectSchema schema,
    ValueForm values,
    BiConsumer<JsonBuffer, String> raw,
    byte[] unavailable,
    byte[] missing) {

  /** The same for a column that may be null, or not. */
  ColumnForm asOptional(boolean may) {
    return new ColumnForm(schema.asOptional(may), values, raw, unavailable, missing);
  }

  /** Writes row {@code i}. */
  void write(JsonBuffer to, ColumnData column, int i) {
    if (i < column.vector().size() && !column.vector().isNull(i)) {
      values.write(to, column.vector(), i);
    } else if (column.isUnchanged(i)) {
      if (unavailable == null) {
        throw new ValueForm.UnfitValue(
            "the log leaves the value out, and its type has no placeholder. Set REPLICA IDENTITY"
                + " FULL");
      }
      to.put(unavailable);
    } else if (column.raw(i) != null) {
      raw.accept(to, column.raw(i));
    } else {
      to.ofNull();
    }
  }

  /** As {@link #write}, where a null may be a value that the log does not have. */
  void writeOld(JsonBuffer to, ColumnData column, int i) {
    boolean isNull = i >= column.vector().size() || column.isSourceNull(i);
    if (isNull && !schema.optional()) {
      to.put(missing);
    } else {
      write(to, column, i);
    }
  }
}
