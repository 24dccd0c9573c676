package io.tidemark.bench;

/** x */
final class TidemarkReader implements Reader {
  enum What {
    STREAM,
    SNAPSHOT
  }

  TidemarkReader(What what) {}

  @Override
  public Measure read(Job job) throws Exception {
    return new RawStream().read(job);
  }
}
