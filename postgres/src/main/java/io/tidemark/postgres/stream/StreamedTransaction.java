package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Op;
import io.tidemark.postgres.stream.TableRows.UnreadableValueException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The log of one transaction in progress, in the order in which it came: rows that were decoded,
 * and messages as they came where they cannot be decoded before the commit. The newer part is in
 * memory, the older may be in a file.
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
  private static final int MIN_PIECE = 4 << 10;
  private static final int MAX_PIECE = 128 << 10;

  private final int xid;
  private final List<Segment> segments = new ArrayList<>();
  private final Map<Integer, LastRelation> relations = new HashMap<>();
  private final Map<Integer, Reception> receptions = new HashMap<>();
  private final RolledBackMessages messages = new RolledBackMessages();
  private SpillFile file;
  private long records;
  private long changes;
  private int newest;
  private long memory;

  /** Generation of the resolver of which the receptions are. */
  private long generation;

  /** The last segment's rows while more may be appended to them. */
  private DecodedRows open;

  StreamedTransaction(int xid) {
    this.xid = xid;
  }

  /** A stretch of the log, and what lies before it. */
  static final class Segment {
    private final long firstRecord;
    private final long firstChange;
    private final int newestBefore;
    private Stretch inMemory;
    private Stretch.Stored stored;
    private long position;

    private Segment(StreamedTransaction of, Stretch stretch) {
      firstRecord = of.records;
      firstChange = of.changes;
      newestBefore = of.newest;
      inMemory = stretch;
    }

    /** Place of the first record among those that are left. */
    long firstRecord() {
      return firstRecord;
    }

    /** The records. */
    Stretch stretch() {
      return inMemory;
    }
  }

  /** The newest RELATION message of a relation, and where its record stands. */
  private record LastRelation(long record, byte[] body) {}

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

  /** What the transaction was told of each relation, by oid. */
  Map<Integer, Reception> receptions() {
    return receptions;
  }

  /** Generation of the resolver of which the {@link #receptions} are. */
  long generation() {
    return generation;
  }

  void generation(long now) {
    generation = now;
  }

  /**
   * Decodes a row and keeps it.
   *
   * @param row the new row; of a DELETE the old key or row
   * @return the rows that are gathered in one piece now
   * @throws UnreadableValueException when a value cannot be read; then nothing was kept
   */
  DecodedRows add(Reception reception, int subxid, Op op, Before before, Tuple old, Tuple row)
      throws UnreadableValueException {
    if (open == null) {
      DecodedRows rows = new DecodedRows(changes);
      segments.add(new Segment(this, rows));
      open = rows;
    }
    memory += open.add(reception, subxid, op, before, old, row);
    count(subxid, 1);
    return open;
  }

  /** Ends the piece of decoded rows that is being gathered. */
  void endRows() {
    if (open != null) {
      memory -= open.memory();
      open.end();
      memory += open.memory();
      open = null;
    }
  }

  /** Keeps a message as it came. */
  void add(byte type, int subxid, byte[] data, int offset, int length) {
    RawRecords piece = room(length);
    long before = piece.changes();
    piece.add(type, subxid, data, offset, length);
    count(subxid, piece.changes() - before);
  }

  private void count(int subxid, long more) {
    if (records == 0 || Xids.precedes(newest, subxid)) {
      newest = subxid;
    }
    records++;
    changes += more;
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
    relations.put(Bytes.getInt(data, offset), new LastRelation(records, body));
    add(RawRecords.RELATION, subxid, body, 0, body.length);
  }

  /** Keeps a logical message, of the subtransaction that its prefix may name. */
  void addMessage(String prefix, byte[] data, int offset, int length) {
    int subxid = MarkedPrefix.xid(prefix, xid);
    byte[] body = new byte[Integer.BYTES + length];
    Bytes.putInt(body, 0, subxid);
    System.arraycopy(data, offset, body, Integer.BYTES, length);
    add(RawRecords.MESSAGE, xid, body, 0, body.length);
    messages.added(subxid);
  }

  /** Whether a logical message of a subtransaction, at the place of a record, was rolled back. */
  boolean isRolledBack(int subxid, long record) {
    return messages.isRolledBack(subxid, record);
  }

  /** Drops the records of a subtransaction that was rolled back, and of its descendants. */
  void rollBack(int subxid) {
    if (records > 0 && !Xids.precedes(newest, subxid)) {
      dropFrom(subxid);
    }
    messages.rolledBack(subxid, records);
  }

  private void dropFrom(int subxid) {
    int last = segments.size() - 1;
    while (last > 0 && !Xids.precedes(segments.get(last).newestBefore, subxid)) {
      remove(last--);
    }
    Segment segment = segments.get(last);
    newest = segment.newestBefore;
    load(segment);
    memory -= segment.inMemory.memory();
    segment.inMemory.cut(subxid);
    memory += segment.inMemory.memory();
    records = segment.firstRecord + segment.inMemory.records();
    changes = segment.firstChange + segment.inMemory.changes();
    if (segment.inMemory.records() == 0) {
      remove(last);
    } else if (last == 0 || Xids.precedes(newest, segment.inMemory.newest())) {
      newest = segment.inMemory.newest();
    }
    messages.cut(records);
    putBack();
  }

  /** Puts the descriptions behind the cut that were dropped with it. */
  private void putBack() {
    long cut = records;
    for (Map.Entry<Integer, LastRelation> entry : relations.entrySet()) {
      if (entry.getValue().record() >= cut) {
        byte[] body = entry.getValue().body();
        entry.setValue(new LastRelation(records, body));
        add(RawRecords.ORPHANED_RELATION, xid, body, 0, body.length);
      }
    }
  }

  private void remove(int index) {
    Segment segment = segments.remove(index);
    if (segment.inMemory == null) {
      file.truncate(segment.position);
    } else {
      memory -= segment.inMemory.memory();
      open = segment.inMemory == open ? null : open;
    }
  }

  /** Brings a segment back into memory, the last one. */
  private void load(Segment segment) {
    if (segment.inMemory == null) {
      segment.inMemory = segment.stored.load();
      file.truncate(segment.position);
      memory += segment.inMemory.memory();
    }
  }

  /** Writes what is in memory to a file. */
  void spill(Path directory) {
    endRows();
    if (file == null) {
      file = new SpillFile(directory, Integer.toUnsignedLong(xid));
    }
    int first = segments.size();
    while (first > 0 && segments.get(first - 1).inMemory != null) {
      first--;
    }
    for (Segment segment : segments.subList(first, segments.size())) {
      segment.position = file.size();
      segment.stored = segment.inMemory.store(file);
      segment.inMemory = null;
    }
    memory = 0;
  }

  /** Goes through the log once, from the first record on; nothing may be done to it any more. */
  Reading read() {
    endRows();
    return new Reading();
  }

  /** What is left to be read; what was read is forgotten. */
  final class Reading {
    private int next;

    /** The next stretch; null at the end. */
    Segment next() {
      if (next > 0) {
        memory -= segments.get(next - 1).inMemory.memory();
        segments.set(next - 1, null);
      }
      if (next == segments.size()) {
        return null;
      }
      Segment segment = segments.get(next++);
      if (segment.inMemory == null) {
        segment.inMemory = segment.stored.load();
        memory += segment.inMemory.memory();
      }
      return segment;
    }
  }

  @Override
  public void close() {
    segments.clear();
    open = null;
    memory = 0;
    if (file != null) {
      file.close();
      file = null;
    }
  }

  private RawRecords room(int length) {
    endRows();
    if (!segments.isEmpty()
        && segments.get(segments.size() - 1).inMemory instanceof RawRecords last
        && last.hasRoom(length)) {
      return last;
    }
    int usual = (int) Math.max(MIN_PIECE, Math.min(MAX_PIECE, memory));
    RawRecords piece = new RawRecords(Math.max(usual, RawRecords.HEADER + length));
    segments.add(new Segment(this, piece));
    memory += piece.memory();
    return piece;
  }
}
