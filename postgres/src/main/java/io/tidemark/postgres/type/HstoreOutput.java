package io.tidemark.postgres.type;

/** hstore_out. The binary form (hstore_send): number of pairs, then key and value of each. */
final class HstoreOutput implements Output {
  @Override
  public void write(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "hstore");
    int pairs = in.count(8);
    for (int i = 0; i < pairs; i++) {
      if (i > 0) {
        out.put(',').put(' ');
      }
      int key = in.partLength();
      if (key < 0) {
        throw in.malformed("a key is null");
      }
      quoted(data, in.take(key), key, out);
      out.put('=').put('>');
      int value = in.partLength();
      if (value < 0) {
        out.ascii("NULL");
      } else {
        quoted(data, in.take(value), value, out);
      }
    }
    in.end();
  }

  private static void quoted(byte[] data, int offset, int length, TextBuffer out) {
    out.put('"');
    for (int i = offset; i < offset + length; i++) {
      if (data[i] == '"' || data[i] == '\\') {
        out.put('\\');
      }
      out.put(data[i]);
    }
    out.put('"');
  }
}
