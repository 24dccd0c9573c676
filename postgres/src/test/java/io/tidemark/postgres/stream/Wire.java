package io.tidemark.postgres.stream;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Messages of pgoutput, made by hand. */
final class Wire {
  /** A value that an UPDATE did not touch. */
  static final String UNCHANGED = "\u0000unchanged";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);

  private Wire(char type) {
    int8(type);
  }

  static byte[] begin(long commitLsn, int xid) {
    return new Wire('B').int64(commitLsn).int64(timeOf(commitLsn)).int32(xid).done();
  }

  static byte[] commit(long commitLsn) {
    return new Wire('C')
        .int8(0)
        .int64(commitLsn)
        .int64(endOf(commitLsn))
        .int64(timeOf(commitLsn))
        .done();
  }

  /** The end LSN that commits made here have. */
  static long endOf(long commitLsn) {
    return commitLsn + 8;
  }

  private static long timeOf(long commitLsn) {
    return commitLsn * 1000 - PgOutputDecoder.EPOCH_MICROS;
  }

  /** A RELATION; a column whose name ends with * is part of the key. */
  static byte[] relation(int oid, String name, char identity, String... columns) {
    Wire wire = new Wire('R').int32(oid).string("public").string(name).int8(identity);
    wire.int16(columns.length);
    for (String column : columns) {
      boolean key = column.endsWith("*");
      wire.int8(key ? 1 : 0).string(column.replace("*", "")).int32(25).int32(-1);
    }
    return wire.done();
  }

  static byte[] insert(int oid, String... values) {
    return new Wire('I').int32(oid).int8('N').tuple(values).done();
  }

  static byte[] update(int oid, String... values) {
    return new Wire('U').int32(oid).int8('N').tuple(values).done();
  }

  /** An UPDATE with an old key (K) or row (O). */
  static byte[] update(int oid, char kind, String[] old, String... values) {
    return new Wire('U').int32(oid).int8(kind).tuple(old).int8('N').tuple(values).done();
  }

  static byte[] delete(int oid, char kind, String... values) {
    return new Wire('D').int32(oid).int8(kind).tuple(values).done();
  }

  static byte[] truncate(int... oids) {
    Wire wire = new Wire('T').int32(oids.length).int8(0);
    for (int oid : oids) {
      wire.int32(oid);
    }
    return wire.done();
  }

  static byte[] message(int flags, long lsn, String prefix, String content) {
    byte[] text = content.getBytes(StandardCharsets.UTF_8);
    return new Wire('M').int8(flags).int64(lsn).string(prefix).int32(text.length).raw(text).done();
  }

  static byte[] origin() {
    return new Wire('O').int64(1).string("elsewhere").done();
  }

  static byte[] type() {
    return new Wire('Y').int32(99_000).string("public").string("mood").done();
  }

  static byte[] streamStart(int xid, int first) {
    return new Wire('S').int32(xid).int8(first).done();
  }

  static byte[] streamStop() {
    return new Wire('E').done();
  }

  static byte[] streamCommit(int xid, long commitLsn) {
    return new Wire('c')
        .int32(xid)
        .int8(0)
        .int64(commitLsn)
        .int64(endOf(commitLsn))
        .int64(timeOf(commitLsn))
        .done();
  }

  static byte[] streamAbort(int xid, int subxid) {
    return new Wire('A').int32(xid).int32(subxid).done();
  }

  /** The form that a message has inside a block of a stream. */
  static byte[] in(int xid, byte[] message) {
    return new Wire((char) message[0])
        .int32(xid)
        .raw(java.util.Arrays.copyOfRange(message, 1, message.length))
        .done();
  }

  private Wire tuple(String... values) {
    int16(values.length);
    for (String value : values) {
      if (value == null) {
        int8('n');
      } else if (value.equals(UNCHANGED)) {
        int8('u');
      } else {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        int8('t').int32(text.length).raw(text);
      }
    }
    return this;
  }

  private Wire int8(int value) {
    return write(() -> out.writeByte(value));
  }

  private Wire int16(int value) {
    return write(() -> out.writeShort(value));
  }

  private Wire int32(int value) {
    return write(() -> out.writeInt(value));
  }

  private Wire int64(long value) {
    return write(() -> out.writeLong(value));
  }

  private Wire string(String value) {
    return raw(value.getBytes(StandardCharsets.UTF_8)).int8(0);
  }

  private Wire raw(byte[] value) {
    return write(() -> out.write(value));
  }

  private byte[] done() {
    return bytes.toByteArray();
  }

  private Wire write(Writing writing) {
    try {
      writing.write();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Writing {
    void write() throws IOException;
  }
}
