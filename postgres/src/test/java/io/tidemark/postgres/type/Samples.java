package io.tidemark.postgres.type;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Bytes of the right shape for a type, for fuzzing to bend. */
final class Samples {
  private static final int DEPTH = 6;

  private Samples() {}

  static byte[] binary(Random random, PgTypes types, int oid, int depth) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      write(random, types, types.require(oid), depth, new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(
      Random random, PgTypes types, PgType type, int depth, DataOutputStream out)
      throws IOException {
    switch (type.kind()) {
      case DOMAIN -> write(random, types, types.require(type.elementOid()), depth, out);
      case ENUM -> out.writeBytes("label");
      case ARRAY -> array(random, types, type.elementOid(), depth, out);
      case COMPOSITE -> {
        out.writeInt(type.attributes().size());
        for (PgType.Attribute attribute : type.attributes()) {
          out.writeInt(attribute.typeOid());
          part(random, types, attribute.typeOid(), depth, out);
        }
      }
      case RANGE -> {
        int flags = random.nextInt(32);
        out.writeByte(flags);
        for (int absent : new int[] {0x09, 0x11}) {
          if ((flags & absent) == 0) {
            part(random, types, type.elementOid(), depth, out);
          }
        }
      }
      case MULTIRANGE -> {
        int count = random.nextInt(3);
        out.writeInt(count);
        for (int i = 0; i < count; i++) {
          part(random, types, type.elementOid(), depth, out);
        }
      }
      case BASE -> base(random, types, type, depth, out);
    }
  }

  private static void array(
      Random random, PgTypes types, int element, int depth, DataOutputStream out)
      throws IOException {
    int dimensions = random.nextInt(3);
    out.writeInt(dimensions);
    out.writeInt(0);
    out.writeInt(element);
    int count = dimensions == 0 ? 0 : 1;
    for (int i = 0; i < dimensions; i++) {
      int length = 1 + random.nextInt(2);
      out.writeInt(length);
      out.writeInt(random.nextInt(4) == 0 ? 0 : 1);
      count *= length;
    }
    for (int i = 0; i < count; i++) {
      part(random, types, element, depth, out);
    }
  }

  private static void part(Random random, PgTypes types, int oid, int depth, DataOutputStream out)
      throws IOException {
    if (depth > DEPTH || random.nextInt(8) == 0) {
      out.writeInt(-1);
      return;
    }
    byte[] value = binary(random, types, oid, depth + 1);
    out.writeInt(value.length);
    out.write(value);
  }

  private static void base(
      Random random, PgTypes types, PgType type, int depth, DataOutputStream out)
      throws IOException {
    switch (type.send()) {
      case "boolsend", "charsend" -> out.writeByte(random.nextInt(2));
      case "int2send" -> out.writeShort(random.nextInt());
      case "int4send", "oidsend", "xidsend", "cidsend", "float4send", "date_send" ->
          out.writeInt(random.nextInt());
      case "timetz_send" -> {
        out.writeLong(random.nextInt());
        out.writeInt(random.nextInt(50_000));
      }
      case "interval_send", "point_send", "uuid_send" -> longs(random, 2, out);
      case "line_send", "circle_send" -> longs(random, 3, out);
      case "lseg_send", "box_send" -> longs(random, 4, out);
      case "numeric_send" -> numeric(random, out);
      case "path_send" -> points(random, true, out);
      case "poly_send" -> points(random, false, out);
      case "inet_send", "cidr_send" -> {
        int family = 2 + random.nextInt(2);
        out.write(
            new byte[] {
              (byte) family, (byte) random.nextInt(33), 0, (byte) (family == 2 ? 4 : 16)
            });
        longs(random, family == 2 ? 0 : 2, out);
        out.writeBytes(family == 2 ? "abcd" : "");
      }
      case "bit_send", "varbit_send" -> {
        out.writeInt(11);
        out.writeShort(random.nextInt());
      }
      case "int2vectorsend" -> array(random, types, 21, depth, out);
      case "oidvectorsend" -> array(random, types, 26, depth, out);
      case "jsonb_send", "jsonpath_send" -> out.writeBytes("\u0001{}");
      case "tsvectorsend" -> {
        out.writeInt(1);
        out.writeBytes("word\0");
        out.writeShort(1);
        out.writeShort(random.nextInt());
      }
      case "tsquerysend" -> query(random, out);
      case "pg_snapshot_send", "txid_snapshot_send" -> {
        out.writeInt(1);
        longs(random, 3, out);
      }
      case "public.hstore_send" -> {
        out.writeInt(1);
        part(random, types, 25, 0, out);
        part(random, types, 25, 0, out);
      }
      case "tidsend", "macaddr_send" -> out.write("abcdef".getBytes(StandardCharsets.US_ASCII));
      case "textsend", "varcharsend", "bpcharsend", "namesend", "byteasend" ->
          out.writeBytes("some \"text\"");
      default -> out.writeLong(random.nextLong());
    }
  }

  private static void longs(Random random, int count, DataOutputStream out) throws IOException {
    for (int i = 0; i < count; i++) {
      out.writeLong(random.nextLong());
    }
  }

  private static void points(Random random, boolean path, DataOutputStream out) throws IOException {
    if (path) {
      out.writeByte(random.nextInt(2));
    }
    out.writeInt(2);
    longs(random, 4, out);
  }

  private static void numeric(Random random, DataOutputStream out) throws IOException {
    int digits = random.nextInt(5);
    out.writeShort(digits);
    out.writeShort(random.nextInt(12) - 4);
    out.writeShort(new int[] {0, 0x4000, 0xC000, 0xD000, 0xF000}[random.nextInt(5)]);
    out.writeShort(random.nextInt(6));
    for (int i = 0; i < digits; i++) {
      out.writeShort(random.nextInt(10_000));
    }
  }

  private static void query(Random random, DataOutputStream out) throws IOException {
    int operators = random.nextInt(5);
    out.writeInt(2 * operators + 1);
    for (int i = 0; i < operators; i++) {
      int operator = 2 + random.nextInt(3);
      out.writeByte(2);
      out.writeByte(operator);
      if (operator == 4) {
        out.writeShort(1 + random.nextInt(3));
      }
    }
    for (int i = 0; i <= operators; i++) {
      out.write(new byte[] {1, (byte) random.nextInt(16), (byte) random.nextInt(2)});
      out.writeBytes("w\0");
    }
  }
}
