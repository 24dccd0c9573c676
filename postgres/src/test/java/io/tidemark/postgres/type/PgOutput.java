package io.tidemark.postgres.type;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** As much of pgoutput as it takes to see the second column of inserted rows. */
final class PgOutput {
  /** A value with the kind it came as: n, t or b. */
  record Value(char kind, byte[] bytes) {}

  private final Map<Integer, String> names = new HashMap<>();
  private final Map<String, List<Value>> rows = new HashMap<>();

  /** The second columns of all rows, by table, in the order of the stream. */
  Map<String, List<Value>> rows() {
    return rows;
  }

  void read(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message);
    char kind = (char) in.get();
    if (kind == 'R') {
      int oid = in.getInt();
      string(in);
      names.put(oid, string(in));
    } else if (kind == 'I') {
      String table = names.get(in.getInt());
      in.get();
      in.getShort();
      value(in);
      rows.computeIfAbsent(table, name -> new ArrayList<>()).add(value(in));
    }
  }

  private static Value value(ByteBuffer in) {
    char kind = (char) in.get();
    byte[] bytes = new byte[kind == 'n' ? 0 : in.getInt()];
    in.get(bytes);
    return new Value(kind, bytes);
  }

  private static String string(ByteBuffer in) {
    int from = in.position();
    while (in.get() != 0) {
      continue;
    }
    return new String(in.array(), from, in.position() - 1 - from, StandardCharsets.UTF_8);
  }
}
