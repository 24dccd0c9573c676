package io.tidemark.parquet.file;

/**
 * What one thread needs to encode row groups: working memory and a compressor. To be used again, by
 * one thread at a time.
 */
public final class Encoder implements AutoCloseable {
  private final Scratch scratch = new Scratch();
  private final ZstdCodec codec;

  /**
   * A new encoder.
   *
   * @param level zstd's level, 1 (fast) to 19 (small)
   */
  public Encoder(int level) {
    codec = new ZstdCodec(level);
  }

  Scratch scratch() {
    return scratch;
  }

  ZstdCodec codec() {
    return codec;
  }

  @Override
  public void close() {
    codec.close();
  }
}
