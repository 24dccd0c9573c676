package io.tidemark.parquet.file;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.parquet.bytes.HeapByteBufferAllocator;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;

/** The parts of parquet-java that lay pages and footers out, set up to need no Hadoop class. */
final class ParquetOutput {
  private static final int BOUND_BYTES = 64;

  private ParquetOutput() {}

  static ParquetFileWriter create(Path path, MessageType message) throws IOException {
    ParquetFileWriter file =
        new ParquetFileWriter(
            new LocalOutputFile(path),
            message,
            ParquetFileWriter.Mode.CREATE,
            Long.MAX_VALUE,
            0,
            BOUND_BYTES,
            Integer.MAX_VALUE,
            false);
    file.start();
    return file;
  }

  static ColumnChunkPageWriteStore pages(MessageType message, Encoder encoder) {
    return new ColumnChunkPageWriteStore(
        encoder.codec(), message, HeapByteBufferAllocator.getInstance(), BOUND_BYTES, false);
  }
}
