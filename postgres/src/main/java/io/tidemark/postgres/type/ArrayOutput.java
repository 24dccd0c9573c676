package io.tidemark.postgres.type;

/**
 * array_out. The binary form (array_send): number of dimensions, flags, OID of the element type,
 * length and lower bound of each dimension, elements.
 */
final class ArrayOutput implements Output {
  static final int MAX_DIMENSIONS = 6;

  private final Outputs outputs;
  private final PgType type;

  ArrayOutput(Outputs outputs, PgType type) {
    this.outputs = outputs;
    this.type = type;
  }

  @Override
  public void write(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, type.label());
    int dimensions = in.int32();
    if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
      throw in.malformed("it has " + dimensions + " dimensions");
    }
    in.int32();
    int elementOid = in.int32();
    PgType element =
        outputs
            .types()
            .find(elementOid)
            .orElseThrow(() -> in.malformed("its elements are of an unknown type"));
    int[] lengths = new int[dimensions];
    int[] bounds = new int[dimensions];
    long count = dimensions == 0 ? 0 : 1;
    for (int i = 0; i < dimensions; i++) {
      lengths[i] = in.int32();
      bounds[i] = in.int32();
      count *= lengths[i];
      if (lengths[i] <= 0 || count > in.remaining() / 4) {
        throw in.malformed("it has fewer elements than its dimensions say");
      }
    }
    if (count == 0) {
      out.put('{').put('}');
    } else {
      bounds(lengths, bounds, out);
      new Elements(in, element, lengths, out).write(0);
    }
    in.end();
  }

  private static void bounds(int[] lengths, int[] bounds, TextBuffer out) {
    boolean plain = true;
    for (int bound : bounds) {
      plain &= bound == 1;
    }
    if (plain) {
      return;
    }
    for (int i = 0; i < bounds.length; i++) {
      out.put('[').number(bounds[i]).put(':').number((long) bounds[i] + lengths[i] - 1).put(']');
    }
    out.put('=');
  }

  /** The elements of one value on their way into its text. */
  private final class Elements {
    private final WireReader in;
    private final Output output;
    private final char delimiter;
    private final int[] lengths;
    private final TextBuffer out;

    Elements(WireReader in, PgType element, int[] lengths, TextBuffer out) {
      this.in = in;
      this.output = outputs.of(element.oid());
      this.delimiter = element.delimiter();
      this.lengths = lengths;
      this.out = out;
    }

    void write(int dimension) {
      out.put('{');
      for (int i = 0; i < lengths[dimension]; i++) {
        if (i > 0) {
          out.put(delimiter);
        }
        if (dimension + 1 < lengths.length) {
          write(dimension + 1);
        } else {
          element();
        }
      }
      out.put('}');
    }

    private void element() {
      int length = in.partLength();
      if (length < 0) {
        out.ascii("NULL");
        return;
      }
      int from = out.length();
      output.write(in.data(), in.take(length), length, out);
      Quoting.ARRAY.apply(out, from, delimiter);
    }
  }
}
