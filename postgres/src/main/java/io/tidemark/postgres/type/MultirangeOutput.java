package io.tidemark.postgres.type;

/** multirange_out. The binary form (multirange_send): number of ranges, then each. */
final class MultirangeOutput implements Output {
  private final Output range;
  private final PgType type;

  MultirangeOutput(Output range, PgType type) {
    this.range = range;
    this.type = type;
  }

  @Override
  public void write(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, type.label());
    int ranges = in.count(4);
    out.put('{');
    for (int i = 0; i < ranges; i++) {
      if (i > 0) {
        out.put(',');
      }
      int rangeLength = in.partLength();
      if (rangeLength < 0) {
        throw in.malformed("a range is null");
      }
      range.write(data, in.take(rangeLength), rangeLength, out);
    }
    out.put('}');
    in.end();
  }
}
