package io.tidemark.api.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A buffer that grows; big-endian. */
final class ByteSink {
  private ByteBuffer buffer = ByteBuffer.allocate(1 << 16);

  /** Room for a number of bytes more. */
  private ByteBuffer room(long bytes) {
    if (buffer.remaining() < bytes) {
      long needed = buffer.position() + bytes;
      if (needed > Integer.MAX_VALUE - 8) {
        throw new IllegalStateException("Cannot spill a batch of " + needed + " bytes.");
      }
      long grown = Math.min(Integer.MAX_VALUE - 8, Math.max(needed, buffer.capacity() * 2L));
      ByteBuffer larger = ByteBuffer.allocate((int) grown);
      buffer.flip();
      buffer = larger.put(buffer);
    }
    return buffer;
  }

  void putByte(int value) {
    room(1).put((byte) value);
  }

  void putInt(int value) {
    room(4).putInt(value);
  }

  void putLong(long value) {
    room(8).putLong(value);
  }

  void putText(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    putInt(bytes.length);
    putBytes(bytes, 0, bytes.length);
  }

  void putBytes(byte[] bytes, int offset, int length) {
    room(length).put(bytes, offset, length);
  }

  void putLongs(long[] values, int count) {
    ByteBuffer target = room(count * 8L);
    target.asLongBuffer().put(values, 0, count);
    target.position(target.position() + count * 8);
  }

  void putInts(int[] values, int count) {
    ByteBuffer target = room(count * 4L);
    target.asIntBuffer().put(values, 0, count);
    target.position(target.position() + count * 4);
  }

  void putFloats(float[] values, int count) {
    ByteBuffer target = room(count * 4L);
    target.asFloatBuffer().put(values, 0, count);
    target.position(target.position() + count * 4);
  }

  void putDoubles(double[] values, int count) {
    ByteBuffer target = room(count * 8L);
    target.asDoubleBuffer().put(values, 0, count);
    target.position(target.position() + count * 8);
  }

  /** What was put, ready to be read. */
  ByteBuffer done() {
    return buffer.flip();
  }

  static String text(ByteBuffer from) {
    byte[] bytes = new byte[from.getInt()];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
