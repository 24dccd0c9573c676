package io.tidemark.parquet.file;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.ColumnPath;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;

/**
 * A file of ours, to be read again leaf by leaf; one column chunk is in memory at a time. The
 * footer is at the end of the file, before its length and the four letters PAR1 (Parquet format,
 * "File format"). Parquet-java's own file reader cannot be made without Hadoop's classes. One
 * thread at a time.
 */
final class StoredRows implements AutoCloseable {
  private static final int TAIL = 8;
  private static final int MAGIC = 'P' | 'A' << 8 | 'R' << 16 | '1' << 24;

  private final Path path;
  private final FileChannel channel;
  private final ParquetMetadata footer;

  StoredRows(Path path) throws IOException {
    this.path = path;
    this.channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      this.footer = readFooter();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private ParquetMetadata readFooter() throws IOException {
    long end = channel.size() - TAIL;
    ByteBuffer tail = ByteBuffer.wrap(bytes(end, TAIL)).order(ByteOrder.LITTLE_ENDIAN);
    int length = tail.getInt();
    if (tail.getInt() != MAGIC || length < 0 || length > end) {
      throw new IOException(path + " is no Parquet file");
    }
    return new ParquetMetadataConverter()
        .fromParquetMetadata(
            Util.readFileMetaData(new ByteArrayInputStream(bytes(end - length, length))));
  }

  private byte[] bytes(long from, int length) throws IOException {
    if (from < 0) {
      throw new EOFException(path + " is too short");
    }
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new EOFException(path + " is too short");
      }
    }
    return buffer.array();
  }

  /** The form of the file. */
  MessageType message() {
    return metadata().getSchema();
  }

  FileMetaData metadata() {
    return footer.getFileMetaData();
  }

  /** Rows of each row group. */
  List<Long> rowGroups() {
    List<Long> rows = new ArrayList<>();
    footer.getBlocks().forEach(group -> rows.add(group.getRowCount()));
    return rows;
  }

  /** One row group. */
  Group group(int index) {
    return new Group(footer.getBlocks().get(index));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** The leaves of one row group. */
  final class Group implements PageReadStore {
    private final BlockMetaData block;

    private Group(BlockMetaData block) {
      this.block = block;
    }

    /** A leaf from its first entry. */
    ColumnReader leaf(ColumnDescriptor column) {
      return new ColumnReadStoreImpl(this, new Nowhere(), message(), metadata().getCreatedBy())
          .getColumnReader(column);
    }

    @Override
    public PageReader getPageReader(ColumnDescriptor column) {
      ColumnPath wanted = ColumnPath.get(column.getPath());
      for (ColumnChunkMetaData chunk : block.getColumns()) {
        if (chunk.getPath().equals(wanted)) {
          return pages(column, chunk);
        }
      }
      throw new IllegalArgumentException("there is no column " + wanted.toDotString());
    }

    private PageReader pages(ColumnDescriptor column, ColumnChunkMetaData chunk) {
      try {
        byte[] content = bytes(chunk.getStartingPos(), Math.toIntExact(chunk.getTotalSize()));
        return new StoredPages(column, content, chunk.getValueCount());
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    @Override
    public long getRowCount() {
      return block.getRowCount();
    }
  }

  /** Parquet-java wants to know where values go; ours are taken one by one. */
  private static final class Nowhere extends GroupConverter {
    @Override
    public Converter getConverter(int field) {
      return new Leaf();
    }

    @Override
    public void start() {}

    @Override
    public void end() {}
  }

  private static final class Leaf extends PrimitiveConverter {
    @Override
    public GroupConverter asGroupConverter() {
      return new Nowhere();
    }
  }
}
