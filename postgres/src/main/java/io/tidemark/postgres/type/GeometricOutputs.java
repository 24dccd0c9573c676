package io.tidemark.postgres.type;

import java.util.Map;

/** point, lseg, line, box, path, polygon and circle: numbers of 64 bits in brackets. */
final class GeometricOutputs {
  private static final int POINT = 16;

  private GeometricOutputs() {}

  static void register(Map<String, Output> map) {
    map.put("point_send", (d, offset, length, out) -> points(d, offset, length, 1, "", "", out));
    map.put("lseg_send", (d, offset, length, out) -> points(d, offset, length, 2, "[", "]", out));
    map.put("box_send", (d, offset, length, out) -> points(d, offset, length, 2, "", "", out));
    map.put("line_send", GeometricOutputs::line);
    map.put("circle_send", GeometricOutputs::circle);
    map.put("path_send", GeometricOutputs::path);
    map.put("poly_send", GeometricOutputs::polygon);
  }

  private static void points(
      byte[] data, int offset, int length, int count, String open, String close, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "point");
    points(in, count, open, close, out);
  }

  private static void points(WireReader in, int count, String open, String close, TextBuffer out) {
    out.ascii(open);
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        out.put(',');
      }
      out.put('(');
      FloatText.write(in.float8(), out);
      out.put(',');
      FloatText.write(in.float8(), out);
      out.put(')');
    }
    out.ascii(close);
    in.end();
  }

  private static void line(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "line");
    for (int i = 0; i < 3; i++) {
      FloatText.write(in.float8(), out.put(i == 0 ? '{' : ','));
    }
    out.put('}');
    in.end();
  }

  private static void circle(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "circle");
    FloatText.write(in.float8(), out.ascii("<("));
    FloatText.write(in.float8(), out.put(','));
    FloatText.write(in.float8(), out.ascii("),"));
    out.put('>');
    in.end();
  }

  private static void path(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "path");
    boolean closed = in.uint8() != 0;
    points(in, in.count(POINT), closed ? "(" : "[", closed ? ")" : "]", out);
  }

  private static void polygon(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "polygon");
    points(in, in.count(POINT), "(", ")", out);
  }
}
