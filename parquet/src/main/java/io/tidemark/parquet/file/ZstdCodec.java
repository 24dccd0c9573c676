package io.tidemark.parquet.file;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Zstandard through zstd-jni, with no Hadoop codec between. One thread at a time. */
final class ZstdCodec implements BytesInputCompressor, AutoCloseable {
  /** A page above this is compressed piece by piece, so that it is not copied as a whole. */
  private static final int LARGE = 8 << 20;

  private static final int PIECE = 1 << 20;

  private final ZstdCompressCtx context = new ZstdCompressCtx();
  private final int level;
  private byte[] out = new byte[64 << 10];

  ZstdCodec(int level) {
    this.level = level;
    context.setLevel(level);
  }

  /** The compressed bytes; valid until the next call. */
  @Override
  public BytesInput compress(BytesInput bytes) throws IOException {
    if (bytes.size() > LARGE) {
      return compressLarge(bytes);
    }
    byte[] raw = bytes.toByteArray();
    int bound = Math.toIntExact(Zstd.compressBound(raw.length));
    if (out.length < bound) {
      out = new byte[bound];
    }
    int length = context.compressByteArray(out, 0, out.length, raw, 0, raw.length);
    return BytesInput.from(out, 0, length);
  }

  private BytesInput compressLarge(BytesInput bytes) throws IOException {
    Pieces pieces = new Pieces();
    try (ZstdOutputStreamNoFinalizer zstd = new ZstdOutputStreamNoFinalizer(pieces, level)) {
      bytes.writeAllTo(zstd);
    }
    return BytesInput.concat(pieces.done);
  }

  /** Gathers bytes without ever copying what it has. */
  private static final class Pieces extends OutputStream {
    private final List<BytesInput> done = new ArrayList<>();
    private byte[] piece = new byte[PIECE];
    private int length;

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int count) {
      int from = offset;
      while (from < offset + count) {
        int some = Math.min(offset + count - from, PIECE - length);
        System.arraycopy(source, from, piece, length, some);
        from += some;
        length += some;
        if (length == PIECE) {
          end();
        }
      }
    }

    private void end() {
      done.add(BytesInput.from(piece, 0, length));
      piece = new byte[PIECE];
      length = 0;
    }

    @Override
    public void close() {
      end();
    }
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
