package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Op;
import io.tidemark.postgres.stream.TableRows.UnreadableValueException;

/**
 * The part of the log of one transaction in progress that the server is sending right now. Its
 * messages carry the id of their subtransaction between type and body. Rows are decoded at once
 * where the resolver has an idea what they are, so that reading, decoding and writing go side by
 * side; what cannot be decoded yet is kept as it came.
 */
final class StreamBlock {
  /** Bytes of a message that say to which subtransaction and relation a row belongs. */
  static final int PREFIX_BYTES = 9;

  private static final int BODY = 5;

  /** A larger message is kept as it came: decoding it early would win nothing but copies. */
  private static final int LARGE_MESSAGE = 256 << 10;

  /**
   * After a row that could not be decoded so many more are kept as they came too: rows of tables
   * that come in turns would make a piece for each.
   */
  private static final int ROWS_AFTER_RAW = 256;

  private final StreamStore streams;
  private final Shapes shapes;
  private final StreamLimits limits;
  private final String messagePrefix;
  private final RelationResolver resolver;
  private final PgOutputDecoder decoder;
  private final MessageCursor cursor = new MessageCursor();
  private StreamedTransaction transaction;
  private Reception reception;
  private int subxid;
  private boolean unreadable;
  private int rawRows;

  /**
   * @param messagePrefix logical messages whose prefix does not begin so are passed over
   * @param decoder tells {@link #relation} and {@link #row} what it reads while a block is open
   */
  StreamBlock(
      StreamStore streams,
      Shapes shapes,
      StreamLimits limits,
      String messagePrefix,
      RelationResolver resolver,
      PgOutputDecoder decoder) {
    this.streams = streams;
    this.shapes = shapes;
    this.limits = limits;
    this.messagePrefix = messagePrefix;
    this.resolver = resolver;
    this.decoder = decoder;
  }

  /** Whether a message is a row of a table. */
  static boolean isRow(byte type) {
    return type == 'I' || type == 'U' || type == 'D';
  }

  boolean isOpen() {
    return transaction != null;
  }

  void open(StreamedTransaction next) {
    transaction = next;
    rawRows = 0;
    long now = resolver.generation();
    if (now != next.generation()) {
      long memory = next.memory();
      next.endRows();
      streams.changed(next, memory);
      next.receptions().replaceAll((oid, old) -> reception(old.relation));
      next.generation(now);
    }
  }

  void close() {
    transaction = null;
    reception = null;
  }

  /** Keeps a message of the block. */
  void keep(byte[] data, int offset, int length) {
    byte type = length == 0 ? 0 : data[offset];
    boolean row = isRow(type);
    if (!row && type != 'R' && type != 'T' && type != 'M') {
      if (type != 'Y' && type != 'O') {
        throw new ProtocolException(type, 0, "it has no place inside a block of a stream");
      }
      return;
    }
    if (length < PREFIX_BYTES) {
      throw new ProtocolException(type, length, "it ends too early");
    }
    subxid = Bytes.getInt(data, offset + 1);
    long memory = transaction.memory();
    int body = offset + BODY;
    if (row) {
      keepRow(type, data, body, offset + length);
    } else if (type == 'R') {
      transaction.addRelation(shapes.nextReceipt(), subxid, data, body, length - BODY);
      decoder.decode(type, data, body, offset + length);
    } else if (type == 'M') {
      keepMessage(data, body, length - BODY);
    } else {
      transaction.add(type, subxid, data, body, length - BODY);
    }
    streams.changed(transaction, memory);
  }

  private void keepRow(byte type, byte[] data, int body, int end) {
    reception = transaction.receptions().get(Bytes.getInt(data, body));
    boolean large = end - body > LARGE_MESSAGE;
    if (reception != null && reception.decodes() && rawRows == 0 && !large) {
      unreadable = false;
      decoder.decode(type, data, body, end);
      if (!unreadable) {
        return;
      }
      reception.giveUp();
    }
    rawRows = rawRows > 0 ? rawRows - 1 : large ? 0 : ROWS_AFTER_RAW;
    transaction.add(type, subxid, data, body, end - body);
  }

  /** Takes the description of a relation that the decoder has read. */
  void relation(Relation relation) {
    transaction.receptions().put(relation.oid(), reception(relation));
  }

  private Reception reception(Relation relation) {
    return new Reception(
        relation,
        resolver
            .peek(relation)
            .map(
                resolved ->
                    new RowBinding(
                        new TableRows(resolved.schema().name()),
                        resolved.schema(),
                        relation,
                        resolved))
            .orElse(null));
  }

  /** Takes a row that the decoder has read; {@code row} is the old key or row of a DELETE. */
  void row(Op op, Before before, Tuple old, Tuple row) {
    int width = reception.relation.columns().size();
    if (row.count() != width || before != Before.NONE && old.count() != width) {
      throw decoder.broken(
          "a row of " + row.count() + " values for a relation of " + width + " columns");
    }
    try {
      DecodedRows rows = transaction.add(reception, subxid, op, before, old, row);
      if (rows.records() >= limits.batchRows() || rows.memory() >= limits.batchBytes()) {
        transaction.endRows();
      }
    } catch (UnreadableValueException e) {
      unreadable = true;
    }
  }

  private void keepMessage(byte[] data, int body, int length) {
    cursor.reset((byte) 'M', data, body, body + length);
    cursor.int8();
    cursor.int64();
    String prefix = cursor.string();
    if (prefix.startsWith(messagePrefix)) {
      transaction.addMessage(prefix, data, body, length);
    }
  }

  /** Keeps the fact that a row has come which is too large to be kept. */
  void keepTooLarge(byte type, byte[] data, int offset, int available, long length) {
    if (isRow(type) && available >= PREFIX_BYTES) {
      byte[] body = new byte[Integer.BYTES + Long.BYTES];
      Bytes.putInt(body, 0, Bytes.getInt(data, offset + BODY));
      Bytes.putLong(body, Integer.BYTES, length);
      long memory = transaction.memory();
      transaction.add(RawRecords.TOO_LARGE, Bytes.getInt(data, offset + 1), body, 0, body.length);
      streams.changed(transaction, memory);
    } else if (type != 'M') {
      throw new ProtocolException(type, 0, "it has " + length + " bytes");
    }
  }
}
