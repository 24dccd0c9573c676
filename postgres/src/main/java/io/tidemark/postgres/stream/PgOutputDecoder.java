package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch.Before;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads messages of the output plugin pgoutput (manual, "Logical Replication Message Formats") and
 * tells a handler what they say. Makes no object for a value and none for a row. Whatever the bytes
 * are, nothing but {@link ProtocolException} is thrown by the decoder itself, and no more memory is
 * taken than the message has bytes for.
 *
 * <p>Inside a stream block the server puts a transaction id between the type and the body of a
 * message; whoever keeps such messages takes it out first, so the decoder sees one form alone.
 */
final class PgOutputDecoder {
  /** Microseconds from 1970 to 2000, where PostgreSQL's time begins. */
  static final long EPOCH_MICROS = 946_684_800_000_000L;

  private static final int TRANSACTIONAL = 1;
  private static final int KEY_COLUMN = 1;
  private static final int MIN_COLUMN_BYTES = 10;

  private final ProtocolVersion version;
  private final MessageHandler handler;
  private final MessageCursor in = new MessageCursor();
  private final Tuple row = new Tuple();
  private final Tuple old = new Tuple();

  PgOutputDecoder(ProtocolVersion version, MessageHandler handler) {
    this.version = version;
    this.handler = handler;
  }

  /**
   * Reads one message.
   *
   * @param type its first byte
   * @param start where its body begins, behind the type
   * @param end where it ends, exclusive
   */
  void decode(byte type, byte[] data, int start, int end) {
    in.reset(type, data, start, end);
    if (!version.knows(type)) {
      throw in.broken("its type is not known in protocol version " + version.number());
    }
    switch (type) {
      case 'I' -> insert();
      case 'U' -> update();
      case 'D' -> delete();
      case 'B' -> begin();
      case 'C' -> commit();
      case 'R' -> handler.relation(relation());
      case 'T' -> truncate();
      case 'M' -> message();
      case 'S' -> streamStart();
      case 'E' -> streamStop();
      case 'c' -> streamCommit();
      case 'A' -> streamAbort();
      case 'O' -> origin();
      case 'Y' -> type();
      default -> throw in.broken("its type is not known");
    }
  }

  /** What to throw when the message read last has no place where it came. */
  ProtocolException broken(String reason) {
    return in.broken(reason);
  }

  private void begin() {
    long commitLsn = in.int64();
    long committedAt = in.int64() + EPOCH_MICROS;
    int xid = in.int32();
    in.end();
    handler.begin(commitLsn, committedAt, xid);
  }

  private void commit() {
    in.int8();
    long commitLsn = in.int64();
    long endLsn = in.int64();
    long committedAt = in.int64() + EPOCH_MICROS;
    in.end();
    handler.commit(commitLsn, endLsn, committedAt);
  }

  private void insert() {
    int relation = in.int32();
    byte kind = in.int8();
    if (kind != 'N') {
      throw in.broken("a new row was expected, not part " + (kind & 0xFF));
    }
    row.read(in);
    in.end();
    handler.insert(relation, row);
  }

  private void update() {
    int relation = in.int32();
    byte kind = in.int8();
    Before before = Before.NONE;
    if (kind == 'K' || kind == 'O') {
      before = kind == 'K' ? Before.KEY : Before.FULL;
      old.read(in);
      kind = in.int8();
    }
    if (kind != 'N') {
      throw in.broken("a new row was expected, not part " + (kind & 0xFF));
    }
    row.read(in);
    in.end();
    handler.update(relation, before, old, row);
  }

  private void delete() {
    int relation = in.int32();
    byte kind = in.int8();
    if (kind != 'K' && kind != 'O') {
      throw in.broken("an old key or row was expected, not part " + (kind & 0xFF));
    }
    old.read(in);
    in.end();
    handler.delete(relation, kind == 'K' ? Before.KEY : Before.FULL, old);
  }

  private void truncate() {
    int count = in.int32();
    in.int8();
    if (count < 0 || count > in.left() / Integer.BYTES) {
      throw in.broken(count + " relations in " + in.left() + " bytes");
    }
    int[] relations = new int[count];
    for (int i = 0; i < count; i++) {
      relations[i] = in.int32();
    }
    in.end();
    handler.truncate(relations);
  }

  private Relation relation() {
    int oid = in.int32();
    String schema = in.string();
    String name = in.string();
    char identity = (char) (in.int8() & 0xFF);
    int count = in.uint16();
    if (count > in.left() / MIN_COLUMN_BYTES) {
      throw in.broken(count + " columns in " + in.left() + " bytes");
    }
    List<Relation.Column> columns = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      boolean key = (in.int8() & KEY_COLUMN) != 0;
      columns.add(new Relation.Column(key, in.string(), in.int32(), in.int32()));
    }
    in.end();
    return new Relation(oid, schema, name, identity, columns);
  }

  private void message() {
    boolean transactional = (in.int8() & TRANSACTIONAL) != 0;
    long lsn = in.int64();
    String prefix = in.string();
    int length = in.length();
    int from = in.position();
    in.skip(length);
    in.end();
    handler.message(transactional, lsn, prefix, in.data(), from, length);
  }

  private void streamStart() {
    int xid = in.int32();
    boolean first = in.int8() != 0;
    in.end();
    handler.streamStart(xid, first);
  }

  private void streamStop() {
    in.end();
    handler.streamStop();
  }

  private void streamCommit() {
    int xid = in.int32();
    in.int8();
    long commitLsn = in.int64();
    long endLsn = in.int64();
    long committedAt = in.int64() + EPOCH_MICROS;
    in.end();
    handler.streamCommit(xid, commitLsn, endLsn, committedAt);
  }

  private void streamAbort() {
    int xid = in.int32();
    int subxid = in.int32();
    in.end();
    handler.streamAbort(xid, subxid);
  }

  /** Where a replicated transaction first came from: of no use for a copy. */
  private void origin() {
    in.int64();
    in.string();
    in.end();
  }

  /** The name of a type that is not built in: the catalog tells more. */
  private void type() {
    in.int32();
    in.string();
    in.string();
    in.end();
  }
}
