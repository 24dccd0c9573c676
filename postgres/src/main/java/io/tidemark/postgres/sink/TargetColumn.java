package io.tidemark.postgres.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.postgres.type.PgText;
import java.util.Optional;

/** How values of one column travel to the copy. */
final class TargetColumn {
  private final Column column;
  private final PgText text;
  private final Optional<BinaryValue> binary;
  private final boolean holdsText;

  TargetColumn(Column column, String type) {
    this.column = column;
    this.text = TargetTypes.text(column);
    this.holdsText = type.equals("text");
    this.binary = holdsText ? Optional.empty() : BinaryValue.of(column);
  }

  int attnum() {
    return column.attnum();
  }

  /** Whether every value of a batch can travel in binary form. */
  boolean isBinary(ColumnData data) {
    return holdsText || binary.isPresent() && !data.hasRaw();
  }

  /** Writes a value, which is not null, in the binary form of the copy's type. */
  void binary(CopyBuffer out, ColumnData data, int row) {
    if (data.raw(row) != null || binary.isEmpty()) {
      int at = out.beginLength();
      out.text(text.text(data, row).orElseThrow());
      out.endLength(at);
    } else {
      binary.get().write(out, data.vector(), row);
    }
  }

  /** PostgreSQL's text of a value that is not null. */
  String text(ColumnData data, int row) {
    return text.text(data, row).orElseThrow();
  }
}
