package io.tidemark.parquet.file;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Gives each distinct run of bytes its place in a dictionary. */
final class BytesIndex {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MIX = 0x9E3779B97F4A7C15L;

  private byte[] data = new byte[256];
  private int[] ends = new int[16];
  private int[] hashes = new int[16];
  private int[] table = new int[64];
  private int size;
  private int lastPlace = -1;

  /**
   * The place of the bytes {@code from} to {@code to} (exclusive), given now where they are new.
   */
  int place(byte[] source, int from, int to) {
    if (lastPlace >= 0 && same(lastPlace, source, from, to)) {
      return lastPlace;
    }
    int hash = hash(source, from, to);
    int mask = table.length - 1;
    int slot = hash & mask;
    while (table[slot] != 0) {
      int place = table[slot] - 1;
      if (hashes[place] == hash && same(place, source, from, to)) {
        lastPlace = place;
        return place;
      }
      slot = slot + 1 & mask;
    }
    lastPlace = add(source, from, to, hash, slot);
    return lastPlace;
  }

  /** Number of distinct runs. */
  int size() {
    return size;
  }

  /** Bytes of all distinct runs together. */
  int bytes() {
    return size == 0 ? 0 : ends[size - 1];
  }

  /** All distinct runs behind one another. */
  byte[] data() {
    return data;
  }

  /** Where the run of a place begins in {@link #data()}. */
  int start(int place) {
    return place == 0 ? 0 : ends[place - 1];
  }

  /** Where the run of a place ends in {@link #data()}, exclusive. */
  int end(int place) {
    return ends[place];
  }

  private boolean same(int place, byte[] source, int from, int to) {
    return Arrays.equals(data, start(place), ends[place], source, from, to);
  }

  private int add(byte[] source, int from, int to, int hash, int slot) {
    int start = bytes();
    int end = start + to - from;
    if (end > data.length) {
      data = Arrays.copyOf(data, Math.max(data.length * 2, end));
    }
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    System.arraycopy(source, from, data, start, to - from);
    ends[size] = end;
    hashes[size] = hash;
    table[slot] = ++size;
    if (size * 2 > table.length) {
      grow();
    }
    return size - 1;
  }

  private void grow() {
    table = new int[table.length * 2];
    int mask = table.length - 1;
    for (int place = 0; place < size; place++) {
      int slot = hashes[place] & mask;
      while (table[slot] != 0) {
        slot = slot + 1 & mask;
      }
      table[slot] = place + 1;
    }
  }

  private static int hash(byte[] source, int from, int to) {
    long hash = (to - from) * MIX;
    int at = from;
    for (; at + 8 <= to; at += 8) {
      hash = (hash ^ (long) LONG.get(source, at)) * MIX;
      hash ^= hash >>> 29;
    }
    if (at + 4 <= to) {
      hash = (hash ^ ((int) INT.get(source, at) & 0xFFFFFFFFL)) * MIX;
      at += 4;
    }
    for (; at < to; at++) {
      hash = (hash ^ source[at]) * MIX;
    }
    return (int) (hash >>> 32);
  }
}
