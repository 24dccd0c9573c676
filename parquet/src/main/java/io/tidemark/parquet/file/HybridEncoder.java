package io.tidemark.parquet.file;

import java.util.Arrays;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.values.bitpacking.BytePacker;
import org.apache.parquet.column.values.bitpacking.Packer;

/**
 * Writes small unsigned numbers as runs and bit-packed groups (Parquet format, "RLE / bit-packing
 * hybrid", encoding 3), without a length before them. Unlike parquet-java's own it takes a whole
 * run at once, which is what levels of flat columns are.
 */
final class HybridEncoder {
  /** Groups of eight whose header still fits one byte. */
  private static final int MAX_LITERALS = 63 * 8;

  private static final int SHORTEST_RUN = 8;

  private final int[] literals = new int[MAX_LITERALS];
  private int bitWidth;
  private BytePacker packer;
  private byte[] out = new byte[256];
  private int length;
  private int literalCount;
  private int runValue;
  private int runLength;

  HybridEncoder(int bitWidth) {
    restart(bitWidth);
  }

  /** Forgets everything and begins with numbers of another width, 0 to 32 bits. */
  void restart(int width) {
    if (packer == null || width != bitWidth) {
      bitWidth = width;
      packer = Packer.LITTLE_ENDIAN.newBytePacker(width);
    }
    length = 0;
    literalCount = 0;
    runLength = 0;
  }

  /** Appends one number. */
  void add(int value) {
    if (value == runValue) {
      runLength++;
    } else {
      endRun();
      runValue = value;
      runLength = 1;
    }
  }

  /** Appends the same number several times. */
  void add(int value, int times) {
    if (value != runValue) {
      endRun();
      runValue = value;
    }
    runLength += times;
  }

  /** Everything appended; valid until the next {@link #restart}. */
  BytesInput finish() {
    endRun();
    flushLiterals();
    return BytesInput.from(out, 0, length);
  }

  private void endRun() {
    if (literalCount % 8 != 0) {
      int filling = Math.min(runLength, 8 - literalCount % 8);
      addLiterals(filling);
      runLength -= filling;
    }
    if (runLength >= SHORTEST_RUN) {
      flushLiterals();
      writeRun();
    } else {
      addLiterals(runLength);
    }
    runLength = 0;
  }

  private void addLiterals(int times) {
    for (int i = 0; i < times; i++) {
      literals[literalCount++] = runValue;
    }
    if (literalCount == MAX_LITERALS) {
      flushLiterals();
    }
  }

  private void flushLiterals() {
    if (literalCount == 0) {
      return;
    }
    int groups = (literalCount + 7) / 8;
    Arrays.fill(literals, literalCount, groups * 8, 0);
    reserve(1 + groups * bitWidth);
    out[length++] = (byte) (groups << 1 | 1);
    for (int group = 0; group < groups; group++) {
      packer.pack8Values(literals, group * 8, out, length);
      length += bitWidth;
    }
    literalCount = 0;
  }

  private void writeRun() {
    reserve(5 + 4);
    long header = (long) runLength << 1;
    while (header > 0x7F) {
      out[length++] = (byte) (header | 0x80);
      header >>>= 7;
    }
    out[length++] = (byte) header;
    for (int shift = 0; shift < bitWidth; shift += 8) {
      out[length++] = (byte) (runValue >>> shift);
    }
  }

  private void reserve(int more) {
    if (length + more > out.length) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, length + more));
    }
  }
}
