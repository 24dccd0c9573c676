package io.tidemark.postgres.type;

/**
 * record_out. The binary form (record_send): number of fields, then OID of the type, length and
 * value of each. The number of fields is the value's own: the type may have been altered since its
 * definition was read.
 */
final class RecordOutput implements Output {
  /** Bytes that a field has at least: its type and its length. */
  static final int FIELD_HEAD = 8;

  private final Outputs outputs;
  private final PgType type;

  RecordOutput(Outputs outputs, PgType type) {
    this.outputs = outputs;
    this.type = type;
  }

  @Override
  public void write(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, type.label());
    int fields = in.count(FIELD_HEAD);
    out.put('(');
    for (int i = 0; i < fields; i++) {
      if (i > 0) {
        out.put(',');
      }
      int oid = in.int32();
      int fieldLength = in.partLength();
      if (fieldLength >= 0) {
        int from = out.length();
        output(in, i + 1, oid).write(data, in.take(fieldLength), fieldLength, out);
        Quoting.RECORD.apply(out, from, ',');
      }
    }
    out.put(')');
    in.end();
  }

  private Output output(WireReader in, int field, int oid) {
    if (outputs.types().find(oid).isEmpty()) {
      throw in.malformed(
          "its field "
              + field
              + " is of type "
              + Integer.toUnsignedString(oid)
              + ", which was not there when its definition was read");
    }
    return outputs.of(oid);
  }
}
