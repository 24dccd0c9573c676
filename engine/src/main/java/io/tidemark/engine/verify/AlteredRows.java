package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.engine.transform.ValueText;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Takes rows of the source through the transforms of the pipeline. A value that they leave as it is
 * keeps the text that the source printed, so the comparison does not rest on what reads values in
 * the capture; only values that a transform made have a text of ours.
 */
final class AlteredRows {
  private final SourceReader.Table source;
  private final TableSchema form;
  private final TransformChain transforms;

  AlteredRows(SourceReader.Table source, TableSchema form, TransformChain transforms) {
    this.source = source;
    this.form = form;
    this.transforms = transforms;
  }

  /** The rows as the copy should have them; those that it should not have are left out. */
  List<List<String>> of(List<List<String>> rows) {
    ChangeBatch before = source.batch(rows);
    ChangeBatch after = transforms.apply(before);
    List<List<String>> altered = new ArrayList<>(after.size());
    for (int i = 0; i < after.size(); i++) {
      int row = (int) after.ordinal(i);
      List<String> texts = new ArrayList<>(after.columns().size());
      for (int c = 0; c < after.columns().size(); c++) {
        texts.add(text(after, c, i, before, row, rows.get(row)));
      }
      altered.add(texts);
    }
    return altered;
  }

  private String text(
      ChangeBatch after, int c, int i, ChangeBatch before, int row, List<String> texts) {
    Column column = after.schema().columns().get(c);
    ColumnData data = after.columns().get(c);
    if (data.isSourceNull(i)) {
      return null;
    }
    String raw = data.raw(i);
    String text = raw != null ? raw : ValueText.of(column.type(), data.vector(), i);
    int at = form.indexOf(column.attnum());
    boolean same =
        at >= 0
            && form.columns().get(at).type().equals(column.type())
            && Objects.equals(text, text(before.columns().get(at), column.type(), row));
    return same ? texts.get(at) : text;
  }

  private static String text(ColumnData data, DataType type, int i) {
    return data.raw(i) != null ? data.raw(i) : ValueText.of(type, data.vector(), i);
  }
}
