package io.tidemark.engine.deadletter;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.transform.ValueText;
import java.util.List;

/** Texts of rows' keys. */
final class RowKeys {
  private RowKeys() {}

  /** The key that row {@code i} has after the change. */
  static String fresh(ChangeBatch batch, int i) {
    return text(batch.schema(), batch.columns(), i);
  }

  /** The key that row {@code i} had before the change. */
  static String old(ChangeBatch batch, int i) {
    return batch.beforeKind(i) == Before.NONE
        ? fresh(batch, i)
        : text(batch.schema(), batch.before(), i);
  }

  private static String text(TableSchema schema, List<ColumnData> data, int i) {
    StringBuilder text = new StringBuilder();
    for (int attnum : schema.key()) {
      int at = schema.indexOf(attnum);
      String raw = data.get(at).raw(i);
      String part =
          raw != null
              ? raw
              : ValueText.of(schema.columns().get(at).type(), data.get(at).vector(), i);
      text.append(part == null ? -1 : part.length()).append(':').append(part);
    }
    return text.toString();
  }
}
