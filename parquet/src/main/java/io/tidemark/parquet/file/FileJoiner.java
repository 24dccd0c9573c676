package io.tidemark.parquet.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;

/**
 * Writes rows of files of one form into a new file, leaf by leaf with their levels, so that every
 * value stays what it was. Small row groups become large ones.
 */
public final class FileJoiner {
  private static final long GROUP_ROWS = 1 << 20;
  private static final long GROUP_BYTES = 32 << 20;

  /** A file with what happens to its rows. */
  private record Source(Path path, RowEdits edits) {}

  private final MessageType message;
  private final ParquetFileWriter file;
  private final Encoder encoder;
  private final List<Piece> pieces = new ArrayList<>();
  private long pendingRows;
  private long pendingBytes;
  private long rows;
  private boolean unchanged;
  private long minLsn = -1;
  private long maxLsn;

  private record Piece(StoredRows.Group group, RowEdits edits, int firstRow) {}

  private FileJoiner(MessageType message, ParquetFileWriter file, Encoder encoder) {
    this.message = message;
    this.file = file;
    this.encoder = encoder;
  }

  /**
   * Writes all rows of some files into a new one.
   *
   * @param extras names of the columns that only some files have; all of these have the same
   */
  public static FileFacts join(List<Path> files, List<String> extras, Path target, Encoder encoder)
      throws IOException {
    return write(
        files.stream().map(file -> new Source(file, RowEdits.NONE)).toList(),
        extras,
        target,
        encoder);
  }

  /** Writes a file without what it says of a key; where nothing else is left it has no rows. */
  public static FileFacts without(
      KeyHistory key, Path file, List<String> extras, Path target, Encoder encoder)
      throws IOException {
    return write(List.of(new Source(file, key.edits())), extras, target, encoder);
  }

  private static FileFacts write(
      List<Source> sources, List<String> extras, Path target, Encoder encoder) throws IOException {
    List<StoredRows> open = new ArrayList<>();
    try {
      for (Source source : sources) {
        open.add(new StoredRows(source.path()));
      }
      MessageType message = open.get(0).message();
      for (StoredRows each : open) {
        if (!each.message().equals(message)) {
          throw new IOException("files of one table and version have different columns");
        }
      }
      try (ParquetFileWriter file = ParquetOutput.create(target, message)) {
        FileJoiner joiner = new FileJoiner(message, file, encoder);
        for (int i = 0; i < open.size(); i++) {
          joiner.add(open.get(i), sources.get(i));
        }
        joiner.writeGroup();
        file.end(open.get(0).metadata().getKeyValueMetaData());
        return new FileFacts(
            joiner.rows,
            Files.size(target),
            extras,
            joiner.unchanged,
            joiner.minLsn,
            joiner.maxLsn);
      }
    } finally {
      for (StoredRows each : open) {
        each.close();
      }
    }
  }

  private void add(StoredRows rowsOfFile, Source source) throws IOException {
    int firstRow = 0;
    List<Long> groups = rowsOfFile.rowGroups();
    long bytesOfGroup = Files.size(source.path()) / Math.max(1, groups.size());
    for (int group = 0; group < groups.size(); group++) {
      if (pendingRows > 0
          && (pendingRows + groups.get(group) > GROUP_ROWS
              || pendingBytes + bytesOfGroup > GROUP_BYTES)) {
        writeGroup();
      }
      pieces.add(new Piece(rowsOfFile.group(group), source.edits(), firstRow));
      pendingRows += groups.get(group);
      pendingBytes += bytesOfGroup;
      firstRow += Math.toIntExact(groups.get(group));
    }
  }

  private void writeGroup() throws IOException {
    long count = keptRows();
    if (count > 0) {
      try (ColumnChunkPageWriteStore pages = ParquetOutput.pages(message, encoder)) {
        for (ColumnDescriptor column : message.getColumns()) {
          ChunkWriter chunk =
              ChunkWriter.of(column, pages.getPageWriter(column), encoder.scratch());
          for (Piece piece : pieces) {
            copy(piece, column, chunk);
          }
          chunk.finish();
        }
        file.startBlock(count);
        pages.flushToFileWriter(file);
        file.endBlock();
      }
    }
    rows += count;
    pieces.clear();
    pendingRows = 0;
    pendingBytes = 0;
  }

  private long keptRows() {
    long kept = 0;
    for (Piece piece : pieces) {
      for (int row = 0; row < piece.group().getRowCount(); row++) {
        kept += piece.edits().drops(piece.firstRow() + row) ? 0 : 1;
      }
    }
    return kept;
  }

  private void copy(Piece piece, ColumnDescriptor column, ChunkWriter chunk) throws IOException {
    ColumnReader reader = piece.group().leaf(column);
    boolean isLsn = column.getPath()[0].equals(MetaColumns.LSN);
    boolean isUnchanged = column.getPath()[0].equals(MetaColumns.UNCHANGED);
    int defined = column.getMaxDefinitionLevel();
    long entries = reader.getTotalValueCount();
    int row = piece.firstRow() - 1;
    boolean skipped = true;
    for (long entry = 0; entry < entries; entry++) {
      int repetition = reader.getCurrentRepetitionLevel();
      if (repetition == 0) {
        chunk.endRow();
        row++;
        skipped = piece.edits().drops(row) || piece.edits().replaces(row, column, chunk);
      }
      int definition = reader.getCurrentDefinitionLevel();
      if (!skipped) {
        chunk.level(repetition, definition);
      }
      if (definition == defined && skipped) {
        reader.skip();
      } else if (definition == defined) {
        value(reader, chunk);
        unchanged |= isUnchanged;
        if (isLsn) {
          note(reader.getLong());
        }
      }
      reader.consume();
    }
    chunk.endRow();
  }

  private void note(long lsn) {
    minLsn = Long.compareUnsigned(lsn, minLsn) < 0 ? lsn : minLsn;
    maxLsn = Long.compareUnsigned(lsn, maxLsn) > 0 ? lsn : maxLsn;
  }

  private static void value(ColumnReader reader, ChunkWriter chunk) {
    if (chunk instanceof NumberChunk numbers) {
      numbers.number(numbers.isWide() ? reader.getLong() : reader.getInteger());
    } else if (chunk instanceof BytesChunk bytes) {
      Binary value = reader.getBinary();
      byte[] copy = value.getBytesUnsafe();
      bytes.bytes(copy, 0, copy.length);
    } else {
      RowEdits.valueOf(reader).writeTo(chunk);
    }
  }
}
