package io.tidemark.postgres.stream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in byte arrays, in network order. */
final class Bytes {
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Bytes() {}

  static short getShort(byte[] data, int at) {
    return (short) SHORTS.get(data, at);
  }

  static int getInt(byte[] data, int at) {
    return (int) INTS.get(data, at);
  }

  static long getLong(byte[] data, int at) {
    return (long) LONGS.get(data, at);
  }

  static void putInt(byte[] data, int at, int value) {
    INTS.set(data, at, value);
  }

  static void putLong(byte[] data, int at, long value) {
    LONGS.set(data, at, value);
  }
}
