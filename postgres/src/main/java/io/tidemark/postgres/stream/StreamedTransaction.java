package io.tidemark.postgres.stream;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The messages of one transaction in progress, in the order in which they came, each with the
 * subtransaction it belongs to. The newer part is in memory, the older may be in a file.
 *
 * <p>A record is {@code length of the body (4), subtransaction (4), type (1), body}; it never lies
 * across two pieces of memory.
 *
 * <p><b>Rollback of a subtransaction</b> cuts the end off. That is exact, and needs no list of
 * subtransactions: from the moment a subtransaction gets its id until it ends, its backend gives
 * out ids to its descendants only and writes rows for it and them only; ids grow, and a parent has
 * its id before its children. So at the moment of the rollback all records of that id or a later
 * one are the subtransaction's or its descendants', they go with it, and they are the last ones.
 *
 * <p>A RELATION message that goes with them still describes later rows of the same transaction,
 * until the server sends a newer one: the last one of each relation is put back behind the cut.
 */
final class StreamedTransaction implements AutoCloseable {
  /** A RELATION message: the body has a number of its receipt (8) before it. */
  static final byte RELATION = 'R';

  /** The same, sent under a subtransaction that was rolled back. */
  static final byte ORPHANED_RELATION = 'r';

  /** A logical message: the body has the id of its {@link MarkedPrefix} (4) before it. */
  static final byte MESSAGE = 'm';

  /** In place of a row message too large to be taken: relation (4), bytes (8). */
  static final byte TOO_LARGE = 'x';

  static final int HEADER = 9;

  private static final int MIN_PIECE = 4 << 10;
  private static final int MAX_PIECE = 1 << 20;

  private final int xid;
  private final List<Piece> pieces = new ArrayList<>();
  private final SubtransactionIndex index = new SubtransactionIndex();
  private final Map<Integer, LastRelation> relations = new HashMap<>();
  private final RolledBackMessages messages = new RolledBackMessages();
  private SpillFile file;
  private long end;
  private long memory;

  StreamedTransaction(int xid) {
    this.xid = xid;
  }

  /** A run of records in memory. */
  private static final class Piece {
    final byte[] bytes;
    final long position;
    int used;

    Piece(long position, int capacity) {
      this.position = position;
      this.bytes = new byte[capacity];
    }
  }

  /** The newest RELATION message of a relation, and where its record stands. */
  private record LastRelation(long position, byte[] body) {}

  /** The top-level transaction id. */
  int xid() {
    return xid;
  }

  /** Bytes of memory taken. */
  long memory() {
    return memory;
  }

  /** Bytes on disk. */
  long spilled() {
    return file == null ? 0 : file.size();
  }

  /** Keeps a row message. */
  void add(byte type, int subxid, byte[] data, int offset, int length) {
    index.added(subxid, end);
    Piece piece = room(HEADER + length);
    int at = piece.used;
    Bytes.putInt(piece.bytes, at, length);
    Bytes.putInt(piece.bytes, at + 4, subxid);
    piece.bytes[at + 8] = type;
    System.arraycopy(data, offset, piece.bytes, at + HEADER, length);
    piece.used += HEADER + length;
    end += HEADER + length;
  }

  /**
   * Keeps a RELATION message.
   *
   * @param receipt a number that grows with each RELATION message of the connection
   * @param offset where the body begins; the relation's oid is its first part
   */
  void addRelation(long receipt, int subxid, byte[] data, int offset, int length) {
    byte[] body = new byte[Long.BYTES + length];
    Bytes.putLong(body, 0, receipt);
    System.arraycopy(data, offset, body, Long.BYTES, length);
    relations.put(Bytes.getInt(data, offset), new LastRelation(end, body));
    add(RELATION, subxid, body, 0, body.length);
  }

  /** Keeps a logical message, of the subtransaction that its prefix may name. */
  void addMessage(String prefix, byte[] data, int offset, int length) {
    int subxid = MarkedPrefix.xid(prefix, xid);
    byte[] body = new byte[Integer.BYTES + length];
    Bytes.putInt(body, 0, subxid);
    System.arraycopy(data, offset, body, Integer.BYTES, length);
    add(MESSAGE, xid, body, 0, body.length);
    messages.added(subxid);
  }

  /** Whether a logical message that the cursor stands at was rolled back. */
  boolean isRolledBack(Cursor cursor) {
    return messages.isRolledBack(Bytes.getInt(cursor.data(), cursor.offset()), cursor.position);
  }

  /** Drops the messages of a subtransaction that was rolled back, and of its descendants. */
  void rollBack(int subxid) {
    if (index.mayHave(subxid)) {
      dropFrom(subxid);
    }
    messages.rolledBack(subxid, end);
  }

  private void dropFrom(int subxid) {
    long from = index.scanFrom(subxid);
    Cursor cursor = new Cursor(from);
    while (cursor.next() && SubtransactionIndex.precedes(cursor.subxid(), subxid)) {
      index.scanned(cursor.subxid());
      from = cursor.nextPosition();
    }
    cut(from);
    if (from == 0) {
      index.clear();
    }
    for (Map.Entry<Integer, LastRelation> entry : relations.entrySet()) {
      if (entry.getValue().position() >= from) {
        byte[] body = entry.getValue().body();
        entry.setValue(new LastRelation(end, body));
        add(ORPHANED_RELATION, xid, body, 0, body.length);
      }
    }
  }

  /** Writes what is in memory to a file. */
  void spill(java.nio.file.Path directory) {
    if (file == null) {
      file = new SpillFile(directory, Integer.toUnsignedLong(xid));
    }
    for (Piece piece : pieces) {
      file.append(piece.bytes, piece.used);
    }
    pieces.clear();
    memory = 0;
  }

  /** Reads the records from the first on. Nothing may be added or dropped meanwhile. */
  Cursor read() {
    return new Cursor(0);
  }

  @Override
  public void close() {
    pieces.clear();
    memory = 0;
    if (file != null) {
      file.close();
      file = null;
    }
  }

  private Piece room(int bytes) {
    Piece last = pieces.isEmpty() ? null : pieces.get(pieces.size() - 1);
    if (last != null && last.bytes.length - last.used >= bytes) {
      return last;
    }
    int usual = (int) Math.max(MIN_PIECE, Math.min(MAX_PIECE, memory));
    Piece piece = new Piece(end, Math.max(usual, bytes));
    pieces.add(piece);
    memory += piece.bytes.length;
    return piece;
  }

  private void cut(long position) {
    while (!pieces.isEmpty() && pieces.get(pieces.size() - 1).position >= position) {
      memory -= pieces.remove(pieces.size() - 1).bytes.length;
    }
    if (!pieces.isEmpty()) {
      Piece last = pieces.get(pieces.size() - 1);
      last.used = (int) (position - last.position);
    } else if (file != null && position < file.size()) {
      file.truncate(position);
    }
    end = position;
    messages.cut(position);
  }

  /** Goes through the records. */
  final class Cursor {
    private static final int BUFFER = 256 << 10;

    private byte[] data;
    private int at;
    private int limit;
    private long position;
    private long nextPosition;
    private int pieceIndex;
    private byte[] buffer;
    private long bufferStart;

    private Cursor(long from) {
      nextPosition = from;
    }

    /** Goes to the next record; false where there is none. */
    boolean next() {
      position = nextPosition;
      if (position >= end) {
        return false;
      }
      if (position < spilled()) {
        need(HEADER);
        need(HEADER + length());
      } else {
        findPiece();
      }
      nextPosition = position + HEADER + length();
      return true;
    }

    /** The type of the message. */
    byte type() {
      return data[at + 8];
    }

    /** The transaction or subtransaction that the message belongs to. */
    int subxid() {
      return Bytes.getInt(data, at + 4);
    }

    /** The array in which the body stands until the next call of {@link #next}. */
    byte[] data() {
      return data;
    }

    /** Where the body begins. */
    int offset() {
      return at + HEADER;
    }

    /** Bytes of the body. */
    int length() {
      return Bytes.getInt(data, at);
    }

    long nextPosition() {
      return nextPosition;
    }

    private void findPiece() {
      while (pieceIndex + 1 < pieces.size() && pieces.get(pieceIndex + 1).position <= position) {
        pieceIndex++;
      }
      Piece piece = pieces.get(pieceIndex);
      data = piece.bytes;
      at = (int) (position - piece.position);
    }

    /** Makes sure that so many bytes from the position on are in the buffer. */
    private void need(int bytes) {
      if (buffer == null) {
        buffer = new byte[Math.max(BUFFER, bytes)];
        data = buffer;
        at = 0;
        limit = 0;
        bufferStart = position;
      }
      at = (int) (position - bufferStart);
      if (limit - at >= bytes) {
        return;
      }
      int capacity = Math.max(BUFFER, bytes);
      byte[] target = buffer.length == capacity ? buffer : new byte[capacity];
      int kept = limit - at;
      System.arraycopy(buffer, at, target, 0, kept);
      buffer = target;
      data = target;
      at = 0;
      bufferStart = position;
      int more = (int) Math.min(target.length - kept, spilled() - position - kept);
      file.read(position + kept, target, kept, more);
      limit = kept + more;
    }
  }
}
