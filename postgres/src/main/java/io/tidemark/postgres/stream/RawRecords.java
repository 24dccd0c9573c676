package io.tidemark.postgres.stream;

/**
 * Messages as they came, behind one another in one array. A record is {@code length of the body
 * (4), subtransaction (4), type (1), body}.
 */
final class RawRecords implements Stretch {
  /** A RELATION message: the body has a number of its receipt (8) before it. */
  static final byte RELATION = 'R';

  /** The same, sent under a subtransaction that was rolled back. */
  static final byte ORPHANED_RELATION = 'r';

  /** A logical message: the body has the id of its {@link MarkedPrefix} (4) before it. */
  static final byte MESSAGE = 'm';

  /** In place of a row message too large to be taken: relation (4), bytes (8). */
  static final byte TOO_LARGE = 'x';

  static final int HEADER = 9;

  private final byte[] bytes;
  private int used;
  private int records;
  private long changes;
  private int newest;

  RawRecords(int capacity) {
    bytes = new byte[capacity];
  }

  private RawRecords(byte[] bytes, RawRecords of) {
    this.bytes = bytes;
    used = of.used;
    records = of.records;
    changes = of.changes;
    newest = of.newest;
  }

  boolean hasRoom(int length) {
    return bytes.length - used >= HEADER + length;
  }

  /** Appends a record; there must be room. */
  void add(byte type, int subxid, byte[] data, int offset, int length) {
    Bytes.putInt(bytes, used, length);
    Bytes.putInt(bytes, used + 4, subxid);
    bytes[used + 8] = type;
    System.arraycopy(data, offset, bytes, used + HEADER, length);
    count(used);
    used += HEADER + length;
  }

  private void count(int at) {
    int subxid = Bytes.getInt(bytes, at + 4);
    if (records == 0 || Xids.precedes(newest, subxid)) {
      newest = subxid;
    }
    records++;
    changes +=
        switch (bytes[at + 8]) {
          case 'I', 'U', 'D', TOO_LARGE -> 1;
          case 'T' -> Math.max(0, Bytes.getInt(bytes, at + HEADER));
          default -> 0;
        };
  }

  @Override
  public long memory() {
    return bytes.length;
  }

  @Override
  public int records() {
    return records;
  }

  @Override
  public long changes() {
    return changes;
  }

  @Override
  public int newest() {
    return newest;
  }

  @Override
  public void cut(int subxid) {
    int end = used;
    used = 0;
    records = 0;
    changes = 0;
    while (used < end && Xids.precedes(Bytes.getInt(bytes, used + 4), subxid)) {
      count(used);
      used += HEADER + Bytes.getInt(bytes, used);
    }
  }

  @Override
  public Stored store(SpillFile file) {
    long position = file.size();
    RawRecords empty = new RawRecords(new byte[0], this);
    file.append(bytes, 0, used);
    return () -> new RawRecords(file.read(position, empty.used), empty);
  }

  /** Goes through the records. */
  final class Cursor {
    private int at = -1;
    private int next;

    /** Goes to the next record; false where there is none. */
    boolean next() {
      at = next;
      if (at >= used) {
        return false;
      }
      next = at + HEADER + length();
      return true;
    }

    /** The type of the message. */
    byte type() {
      return bytes[at + 8];
    }

    /** The array in which the body stands. */
    byte[] data() {
      return bytes;
    }

    /** Where the body begins. */
    int offset() {
      return at + HEADER;
    }

    /** Bytes of the body. */
    int length() {
      return Bytes.getInt(bytes, at);
    }
  }
}
