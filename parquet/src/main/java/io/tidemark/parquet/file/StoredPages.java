package io.tidemark.parquet.file;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;

/** The pages of one column chunk of our files: version 2, zstd, perhaps a dictionary first. */
final class StoredPages implements PageReader {
  private static final ParquetMetadataConverter CONVERTER = new ParquetMetadataConverter();

  private final ColumnDescriptor column;
  private final byte[] content;
  private final long values;
  private int at;

  StoredPages(ColumnDescriptor column, byte[] content, long values) {
    this.column = column;
    this.content = content;
    this.values = values;
  }

  @Override
  public DictionaryPage readDictionaryPage() {
    int start = at;
    PageHeader header = header();
    if (header.getType() != PageType.DICTIONARY_PAGE) {
      at = start;
      return null;
    }
    BytesInput plain = decompressed(header.compressed_page_size, header.uncompressed_page_size);
    return new DictionaryPage(
        plain,
        header.getDictionary_page_header().getNum_values(),
        CONVERTER.getEncoding(header.getDictionary_page_header().getEncoding()));
  }

  @Override
  public long getTotalValueCount() {
    return values;
  }

  @Override
  public DataPage readPage() {
    if (at >= content.length) {
      return null;
    }
    PageHeader header = header();
    if (header.getType() != PageType.DATA_PAGE_V2) {
      throw new UncheckedIOException(
          new IOException("a page of type " + header.getType() + " is not one of ours"));
    }
    DataPageHeaderV2 page = header.getData_page_header_v2();
    int repetitions = page.getRepetition_levels_byte_length();
    int definitions = page.getDefinition_levels_byte_length();
    int levels = repetitions + definitions;
    BytesInput repetitionLevels = BytesInput.from(content, at, repetitions);
    BytesInput definitionLevels = BytesInput.from(content, at + repetitions, definitions);
    at += levels;
    int stored = header.compressed_page_size - levels;
    int size = header.uncompressed_page_size - levels;
    BytesInput data;
    if (page.isIs_compressed()) {
      data = decompressed(stored, size);
    } else {
      data = BytesInput.from(content, at, stored);
      at += stored;
    }
    return DataPageV2.uncompressed(
        page.getNum_rows(),
        page.getNum_nulls(),
        page.getNum_values(),
        repetitionLevels,
        definitionLevels,
        CONVERTER.getEncoding(page.getEncoding()),
        data,
        Statistics.getBuilderForReading(column.getPrimitiveType()).build());
  }

  private PageHeader header() {
    ByteArrayInputStream rest = new ByteArrayInputStream(content, at, content.length - at);
    try {
      PageHeader header = Util.readPageHeader(rest);
      at = content.length - rest.available();
      return header;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BytesInput decompressed(int stored, int size) {
    byte[] raw = new byte[size];
    long length = Zstd.decompressByteArray(raw, 0, size, content, at, stored);
    if (Zstd.isError(length) || length != size) {
      throw new UncheckedIOException(
          new IOException("a page of column " + column.getPath()[0] + " cannot be decompressed"));
    }
    at += stored;
    return BytesInput.from(raw);
  }
}
