package io.tidemark.parquet.file;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.IOException;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Zstandard through zstd-jni, with no Hadoop codec between. One thread at a time. */
final class ZstdCodec implements BytesInputCompressor, AutoCloseable {
  private final ZstdCompressCtx context = new ZstdCompressCtx();
  private byte[] out = new byte[64 << 10];

  ZstdCodec(int level) {
    context.setLevel(level);
  }

  /** The compressed bytes; valid until the next call. */
  @Override
  public BytesInput compress(BytesInput bytes) throws IOException {
    byte[] raw = bytes.toByteArray();
    int bound = Math.toIntExact(Zstd.compressBound(raw.length));
    if (out.length < bound) {
      out = new byte[bound];
    }
    int length = context.compressByteArray(out, 0, out.length, raw, 0, raw.length);
    return BytesInput.from(out, 0, length);
  }

  @Override
  public CompressionCodecName getCodecName() {
    return CompressionCodecName.ZSTD;
  }

  @Override
  public void release() {}

  @Override
  public void close() {
    context.close();
  }
}
