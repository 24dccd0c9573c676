package io.tidemark.parquet.file;

import java.util.Arrays;

/** Gives each distinct number its place in a dictionary: open addressing, no boxing. */
final class NumberIndex {
  private long[] keys = new long[16];
  private int[] table = new int[64];
  private int size;
  private long lastKey;
  private int lastPlace = -1;

  /** The place of a number, given now where it is new. */
  int place(long key) {
    if (lastPlace >= 0 && key == lastKey) {
      return lastPlace;
    }
    int slot = slot(key);
    int place = table[slot] - 1;
    if (place < 0) {
      place = add(key, slot);
    }
    lastKey = key;
    lastPlace = place;
    return place;
  }

  /** Number of distinct numbers. */
  int size() {
    return size;
  }

  /** The number at a place. */
  long key(int place) {
    return keys[place];
  }

  private int slot(long key) {
    int mask = table.length - 1;
    int slot = (int) (key * 0x9E3779B97F4A7C15L >>> 32) & mask;
    while (table[slot] != 0 && keys[table[slot] - 1] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private int add(long key, int slot) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, size * 2);
    }
    keys[size++] = key;
    table[slot] = size;
    if (size * 2 > table.length) {
      table = new int[table.length * 2];
      for (int place = 0; place < size; place++) {
        table[slot(keys[place])] = place + 1;
      }
    }
    return size - 1;
  }
}
