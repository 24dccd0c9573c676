package io.tidemark.postgres.type;

/** range_out. The binary form (range_send): flags, then each bound that is there. */
final class RangeOutput implements Output {
  private static final int EMPTY = 0x01;
  private static final int LOWER_INCLUSIVE = 0x02;
  private static final int UPPER_INCLUSIVE = 0x04;
  private static final int NO_LOWER = 0x08 | 0x20;
  private static final int NO_UPPER = 0x10 | 0x40;

  private final Output bound;
  private final PgType type;

  RangeOutput(Output bound, PgType type) {
    this.bound = bound;
    this.type = type;
  }

  @Override
  public void write(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, type.label());
    int flags = in.uint8();
    if ((flags & EMPTY) != 0) {
      out.ascii("empty");
    } else {
      out.put((flags & LOWER_INCLUSIVE) != 0 ? '[' : '(');
      if ((flags & NO_LOWER) == 0) {
        bound(in, out);
      }
      out.put(',');
      if ((flags & NO_UPPER) == 0) {
        bound(in, out);
      }
      out.put((flags & UPPER_INCLUSIVE) != 0 ? ']' : ')');
    }
    in.end();
  }

  private void bound(WireReader in, TextBuffer out) {
    int length = in.partLength();
    if (length < 0) {
      throw in.malformed("a bound is null");
    }
    int from = out.length();
    bound.write(in.data(), in.take(length), length, out);
    Quoting.RANGE.apply(out, from, ',');
  }
}
