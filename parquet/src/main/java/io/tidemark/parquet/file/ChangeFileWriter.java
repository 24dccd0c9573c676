package io.tidemark.parquet.file;

import io.tidemark.api.model.ColumnData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.schema.MessageType;

/**
 * Writes changes of one version of one table into one local Parquet file: data pages of version 2,
 * zstd, one row group for each call of {@link #write}. Not for several threads at the same time.
 */
public final class ChangeFileWriter implements AutoCloseable {

  private final Path path;
  private final FileLayout layout;
  private final MessageType message;
  private final List<ColumnDescriptor> columns;
  private final ParquetFileWriter file;
  private long rows;
  private boolean unchanged;
  private long minLsn = -1;
  private long maxLsn;

  /** Begins a file; the path must not exist. */
  public ChangeFileWriter(Path path, FileLayout layout) throws IOException {
    this.path = path;
    this.layout = layout;
    this.message = layout.message();
    this.columns = message.getColumns();
    this.file = ParquetOutput.create(path, message);
  }

  /** The columns that the file has. */
  public FileLayout layout() {
    return layout;
  }

  /** Where the file is. */
  public Path path() {
    return path;
  }

  /** Bytes written so far. */
  public long bytes() throws IOException {
    return file.getPos();
  }

  /** Writes rows as one row group; the layout must cover them. */
  public void write(List<RowRun> runs, Encoder encoder) throws IOException {
    long count = 0;
    for (RowRun run : runs) {
      count += run.rows();
      note(run);
    }
    if (count == 0) {
      return;
    }
    try (ColumnChunkPageWriteStore pages = ParquetOutput.pages(message, encoder)) {
      new RowGroupEncoder(layout, runs, columns, pages, encoder.scratch()).encode();
      file.startBlock(count);
      pages.flushToFileWriter(file);
      file.endBlock();
    }
    rows += count;
  }

  private void note(RowRun run) {
    long[] lsns = run.batch().commitLsns();
    for (int row = run.from(); row < run.to(); row++) {
      if (Long.compareUnsigned(lsns[row], minLsn) < 0) {
        minLsn = lsns[row];
      }
      if (Long.compareUnsigned(lsns[row], maxLsn) > 0) {
        maxLsn = lsns[row];
      }
    }
    List<ColumnData> data = run.batch().columns();
    for (int index = 0; index < data.size() && !unchanged; index++) {
      ColumnData column = data.get(index);
      for (int row = run.from(); column.hasUnchanged() && row < run.to(); row++) {
        unchanged |= column.isUnchanged(row);
      }
    }
  }

  /** Writes the footer and ends the file, not yet forced to the disk. */
  public FileFacts finish() throws IOException {
    file.end(
        Map.of(
            "tidemark.table", layout.schema().name().toString(),
            "tidemark.schema-version", Integer.toString(layout.schema().version())));
    return new FileFacts(rows, Files.size(path), layout.extras(), unchanged, minLsn, maxLsn);
  }

  /** Lets go of the file; without {@link #finish} it is not readable. */
  @Override
  public void close() throws IOException {
    file.close();
  }
}
