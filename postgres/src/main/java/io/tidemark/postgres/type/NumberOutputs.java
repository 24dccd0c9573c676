package io.tidemark.postgres.type;

import java.util.Map;

/** Integers, floats, identifiers of transactions and rows, positions in the log. */
final class NumberOutputs {
  private NumberOutputs() {}

  static void register(Map<String, Output> map) {
    map.put("boolsend", NumberOutputs::bool);
    map.put("int2send", NumberOutputs::int2);
    map.put("int4send", NumberOutputs::int4);
    map.put("int8send", NumberOutputs::int8);
    map.put("oidsend", NumberOutputs::unsigned4);
    map.put("xidsend", NumberOutputs::unsigned4);
    map.put("cidsend", NumberOutputs::unsigned4);
    map.put("xid8send", NumberOutputs::unsigned8);
    map.put("float4send", NumberOutputs::float4);
    map.put("float8send", NumberOutputs::float8);
    map.put("tidsend", NumberOutputs::tid);
    map.put("pg_lsn_send", NumberOutputs::lsn);
    map.put("pg_snapshot_send", NumberOutputs::snapshot);
    map.put("txid_snapshot_send", NumberOutputs::snapshot);
    map.put("int2vectorsend", (data, offset, length, out) -> vector(data, offset, length, 2, out));
    map.put("oidvectorsend", (data, offset, length, out) -> vector(data, offset, length, 4, out));
  }

  private static void bool(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 1, "bool");
    out.put(data[offset] == 0 ? 'f' : 't');
  }

  private static void int2(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 2, "int2");
    out.number(Wire.int16(data, offset));
  }

  private static void int4(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 4, "int4");
    out.number(Wire.int32(data, offset));
  }

  private static void int8(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 8, "int8");
    out.number(Wire.int64(data, offset));
  }

  private static void unsigned4(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 4, "oid");
    out.number(Wire.uint32(data, offset));
  }

  private static void unsigned8(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 8, "xid8");
    unsigned(Wire.int64(data, offset), out);
  }

  private static void unsigned(long value, TextBuffer out) {
    if (value >= 0) {
      out.number(value);
    } else {
      out.number(Long.divideUnsigned(value, 10)).put('0' + (int) Long.remainderUnsigned(value, 10));
    }
  }

  private static void float4(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 4, "float4");
    FloatText.write(Float.intBitsToFloat(Wire.int32(data, offset)), out);
  }

  private static void float8(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 8, "float8");
    FloatText.write(Double.longBitsToDouble(Wire.int64(data, offset)), out);
  }

  private static void tid(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 6, "tid");
    out.put('(').number(Wire.uint32(data, offset)).put(',');
    out.number(Wire.uint16(data, offset + 4)).put(')');
  }

  private static void lsn(byte[] data, int offset, int length, TextBuffer out) {
    Wire.length(length, 8, "pg_lsn");
    out.ascii(Integer.toHexString(Wire.int32(data, offset)).toUpperCase(java.util.Locale.ROOT));
    out.put('/');
    out.ascii(Integer.toHexString(Wire.int32(data, offset + 4)).toUpperCase(java.util.Locale.ROOT));
  }

  private static void snapshot(byte[] data, int offset, int length, TextBuffer out) {
    int count = length < 20 ? -1 : Wire.int32(data, offset);
    if (count < 0 || length != 20 + 8L * count) {
      throw MalformedValueException.of("pg_snapshot", "its length is not that of its ids");
    }
    unsigned(Wire.int64(data, offset + 4), out);
    out.put(':');
    unsigned(Wire.int64(data, offset + 12), out);
    out.put(':');
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        out.put(',');
      }
      unsigned(Wire.int64(data, offset + 20 + 8 * i), out);
    }
  }

  /** int2vector and oidvector: sent as arrays, printed as numbers with blanks between. */
  private static void vector(byte[] data, int offset, int length, int width, TextBuffer out) {
    String type = width == 2 ? "int2vector" : "oidvector";
    WireReader in = new WireReader(data, offset, length, type);
    int dimensions = in.int32();
    in.int32();
    in.int32();
    if (dimensions == 0) {
      in.end();
      return;
    }
    int count = in.int32();
    in.int32();
    if (dimensions != 1) {
      throw in.malformed("it is no list");
    }
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        out.put(' ');
      }
      if (in.int32() != width) {
        throw in.malformed("a number has not " + width + " bytes");
      }
      out.number(width == 2 ? (short) in.uint16() : in.uint32());
    }
    in.end();
  }
}
