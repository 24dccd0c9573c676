package io.tidemark.postgres.type;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in network byte order, as the send functions write them. */
final class Wire {
  private static final VarHandle INT16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT32 =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Wire() {}

  static int int16(byte[] data, int at) {
    return (short) INT16.get(data, at);
  }

  static int uint16(byte[] data, int at) {
    return (short) INT16.get(data, at) & 0xFFFF;
  }

  static int int32(byte[] data, int at) {
    return (int) INT32.get(data, at);
  }

  static long uint32(byte[] data, int at) {
    return (int) INT32.get(data, at) & 0xFFFF_FFFFL;
  }

  static long int64(byte[] data, int at) {
    return (long) INT64.get(data, at);
  }

  static void putInt64(byte[] data, int at, long value) {
    INT64.set(data, at, value);
  }

  /** Refuses a value that does not have the one length its type has. */
  static void length(int length, int expected, String type) {
    if (length != expected) {
      throw MalformedValueException.of(type, "it has " + length + " bytes, not " + expected);
    }
  }
}
