package io.tidemark.postgres.stream;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Messages that real servers sent with logical_decoding_work_mem = 64kB: every kind of statement, a
 * large transaction with a savepoint rolled back and a column added, one rolled back whole.
 */
final class Captured {
  static final List<String> NAMES = List.of("15-text", "15-binary", "18-text", "18-binary");

  private Captured() {}

  /** The messages of a capture, in order. */
  static List<byte[]> messages(String name) {
    List<byte[]> messages = new ArrayList<>();
    String file = "pgoutput-" + name + ".bin.gz";
    try (DataInputStream in =
        new DataInputStream(new GZIPInputStream(Captured.class.getResourceAsStream(file)))) {
      while (true) {
        int length = in.read();
        if (length < 0) {
          return messages;
        }
        length = length << 24 | in.readUnsignedByte() << 16 | in.readUnsignedShort();
        messages.add(in.readNBytes(length));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
