package io.tidemark.parquet.file;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Vector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.PageWriteStore;

/** Encodes some rows of one table column by column, in the order of a layout. */
final class RowGroupEncoder {
  private final FileLayout layout;
  private final List<RowRun> runs;
  private final Iterator<ColumnDescriptor> columns;
  private final PageWriteStore pages;
  private final Scratch scratch;

  RowGroupEncoder(
      FileLayout layout,
      List<RowRun> runs,
      List<ColumnDescriptor> columns,
      PageWriteStore pages,
      Scratch scratch) {
    this.layout = layout;
    this.runs = runs;
    this.columns = columns.iterator();
    this.pages = pages;
    this.scratch = scratch;
  }

  void encode() throws IOException {
    List<Column> schema = layout.schema().columns();
    for (int index = 0; index < schema.size(); index++) {
      column(schema.get(index), index);
    }
    op();
    numbers(ChangeBatch::commitLsns);
    numbers(ChangeBatch::ordinals);
    numbers(ChangeBatch::xids);
    numbers(ChangeBatch::committedAt);
    unchanged();
    extras();
  }

  private ChunkWriter next() {
    ColumnDescriptor column = columns.next();
    return ChunkWriter.of(column, pages.getPageWriter(column), scratch);
  }

  private void column(Column column, int index) throws IOException {
    for (ColumnShredder leaf : ColumnShredder.leaves(column.type())) {
      ChunkWriter chunk = next();
      for (RowRun run : runs) {
        Vector vector = run.batch().columns().get(index).vector();
        if (leaf.isFlat()) {
          chunk.rows(vector, run.from(), run.to());
        } else {
          for (int row = run.from(); row < run.to(); row++) {
            leaf.row(vector, row, 0, chunk);
            chunk.endRow();
          }
        }
      }
      chunk.finish();
    }
  }

  private void op() throws IOException {
    BytesChunk chunk = (BytesChunk) next();
    for (RowRun run : runs) {
      byte[] ops = run.batch().ops();
      int from = run.from();
      while (from < run.to()) {
        int to = from + 1;
        while (to < run.to() && ops[to] == ops[from]) {
          to++;
        }
        chunk.repeat(ops[from], to - from);
        from = to;
      }
    }
    chunk.finish();
  }

  /** One of a batch's own arrays. */
  private interface Numbers {
    long[] of(ChangeBatch batch);
  }

  private void numbers(Numbers numbers) throws IOException {
    NumberChunk chunk = (NumberChunk) next();
    for (RowRun run : runs) {
      chunk.numbers(numbers.of(run.batch()), run.from(), run.to());
    }
    chunk.finish();
  }

  private void unchanged() throws IOException {
    BytesChunk chunk = (BytesChunk) next();
    for (RowRun run : runs) {
      List<ColumnData> data = run.batch().columns();
      if (data.stream().noneMatch(ColumnData::hasUnchanged)) {
        chunk.nullRows(run.rows());
        continue;
      }
      for (int row = run.from(); row < run.to(); row++) {
        unchanged(data, row, chunk);
        chunk.endRow();
      }
    }
    chunk.finish();
  }

  private void unchanged(List<ColumnData> data, int row, BytesChunk chunk) {
    int repetition = 0;
    for (int index = 0; index < data.size(); index++) {
      if (data.get(index).isUnchanged(row)) {
        chunk.level(repetition, chunk.levels.maxDefinition());
        text(chunk, layout.schema().columns().get(index).name());
        repetition = 1;
      }
    }
    if (repetition == 0) {
      chunk.level(0, 0);
    }
  }

  private void extras() throws IOException {
    for (int index = 0; layout.old() && index < layout.schema().columns().size(); index++) {
      old(index);
    }
    for (int index : layout.oldRaw().stream().toArray()) {
      oldRaw(index);
    }
    if (layout.partition()) {
      texts((run, row) -> run.batch().leaf(row));
    }
    for (int index : layout.raw().stream().toArray()) {
      texts((run, row) -> run.batch().columns().get(index).raw(row));
    }
  }

  private void old(int index) throws IOException {
    for (ColumnShredder leaf : ColumnShredder.leaves(layout.schema().columns().get(index).type())) {
      ChunkWriter chunk = next();
      for (RowRun run : runs) {
        ChangeBatch batch = run.batch();
        for (int row = run.from(); row < run.to(); row++) {
          if (batch.beforeKind(row) == Before.NONE) {
            chunk.nullRows(1);
          } else {
            leaf.row(batch.before().get(index).vector(), row, 1, chunk);
            chunk.endRow();
          }
        }
      }
      chunk.finish();
    }
  }

  private void oldRaw(int index) throws IOException {
    BytesChunk chunk = (BytesChunk) next();
    for (RowRun run : runs) {
      for (int row = run.from(); row < run.to(); row++) {
        boolean none = run.batch().beforeKind(row) == Before.NONE;
        String raw = none ? null : run.batch().before().get(index).raw(row);
        chunk.level(0, none ? 0 : raw == null ? 1 : 2);
        if (raw != null) {
          text(chunk, raw);
        }
        chunk.endRow();
      }
    }
    chunk.finish();
  }

  /** A text or null for each row. */
  private interface RowText {
    String of(RowRun run, int row);
  }

  private void texts(RowText source) throws IOException {
    BytesChunk chunk = (BytesChunk) next();
    for (RowRun run : runs) {
      for (int row = run.from(); row < run.to(); row++) {
        String text = source.of(run, row);
        chunk.level(0, text == null ? 0 : 1);
        if (text != null) {
          text(chunk, text);
        }
        chunk.endRow();
      }
    }
    chunk.finish();
  }

  private static void text(BytesChunk chunk, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    chunk.bytes(utf8, 0, utf8.length);
  }
}
