package io.tidemark.parquet;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.parquet.file.ChangeFileWriter;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.file.FileLayout;
import io.tidemark.parquet.file.RowRun;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The rows of one version of a table and one date, between two seals: gathered in memory by the
 * sink's thread, encoded into files by one other thread at a time.
 */
final class TablePart {
  /** Batches below this size are copied together, since each brings vectors of its own. */
  private static final int SMALL_BATCH = 1024;

  private static final long SMALL_BYTES = 256 << 10;
  private static final int GATHERED_ROWS = 1 << 14;

  private final TableSchema schema;
  private final LocalDate date;
  private List<RowRun> runs = new ArrayList<>();
  private ChangeBatch gathered;
  private long bytes;
  private long rows;
  private CompletableFuture<Void> work = CompletableFuture.completedFuture(null);

  private ChangeFileWriter file;
  private long lastCommittedAt = Long.MIN_VALUE;

  TablePart(TableSchema schema, LocalDate date) {
    this.schema = schema;
    this.date = date;
  }

  /** Rows in memory. */
  long rows() {
    return rows;
  }

  /** Bytes of rows in memory. */
  long bytes() {
    return bytes;
  }

  void add(RowRun run, long runBytes) {
    if (run.rows() < SMALL_BATCH && runBytes < SMALL_BYTES) {
      gather(run);
    } else {
      endGathered();
      runs.add(run);
    }
    rows += run.rows();
    bytes += runBytes;
  }

  private void gather(RowRun run) {
    if (gathered == null) {
      gathered = new ChangeBatch(schema);
    }
    for (int row = run.from(); row < run.to(); row++) {
      gathered.addFrom(run.batch(), row);
    }
    if (gathered.size() >= GATHERED_ROWS) {
      endGathered();
    }
  }

  private void endGathered() {
    if (gathered != null) {
      runs.add(RowRun.all(gathered));
      gathered = null;
    }
  }

  /** Takes the gathered rows out of memory, to be encoded. */
  List<RowRun> take() {
    endGathered();
    List<RowRun> taken = runs;
    runs = new ArrayList<>();
    bytes = 0;
    rows = 0;
    return taken;
  }

  /** Does something after all that was begun before for this part. */
  CompletableFuture<Void> then(Runnable step, Executor threads) {
    work = work.thenRunAsync(step, threads);
    return work;
  }

  /** Encodes rows as a row group; a file that lacks a column they need is ended first. */
  void encode(
      List<RowRun> rowGroup, Encoder encoder, Supplier<Path> paths, Consumer<FinishedFile> finished)
      throws IOException {
    FileLayout needed = FileLayout.of(schema, rowGroup);
    if (file != null && !file.layout().covers(needed)) {
      FileLayout both = file.layout().with(needed);
      finish(finished);
      needed = both;
    }
    if (file == null) {
      file = new ChangeFileWriter(paths.get(), needed);
    }
    file.write(rowGroup, encoder);
    for (RowRun run : rowGroup) {
      for (int row = run.from(); row < run.to(); row++) {
        lastCommittedAt = Math.max(lastCommittedAt, run.batch().committedAt(row));
      }
    }
  }

  /** Length of the file that is being written; 0 where there is none. */
  long fileBytes() throws IOException {
    return file == null ? 0 : file.bytes();
  }

  /** Ends the file that is being written, if there is one. */
  void finish(Consumer<FinishedFile> finished) throws IOException {
    if (file == null) {
      return;
    }
    try (ChangeFileWriter ending = file) {
      finished.accept(
          new FinishedFile(ending.path(), schema, date, lastCommittedAt, ending.finish()));
    } finally {
      file = null;
      lastCommittedAt = Long.MIN_VALUE;
    }
  }

  /** Lets go of an unfinished file. */
  void abandon() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
