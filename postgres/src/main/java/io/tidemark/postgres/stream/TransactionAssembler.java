package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Op;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Makes committed transactions of the messages of one connection, in commit order, and tells a
 * {@link StreamListener}. Rows are decoded as they come; those of transactions that are streamed
 * while in progress are kept by {@link StreamBlock} and given by {@link StreamRelease} once they
 * have committed.
 *
 * <p>Positions come from COMMIT and STREAM COMMIT alone: the positions in the headers of other
 * messages go forth and back.
 *
 * <p>Used by one thread, but for {@link #spilled}. After it has thrown, only {@link #close} may be
 * called.
 */
final class TransactionAssembler implements MessageHandler, AutoCloseable {
  private final StreamLimits limits;
  private final String messagePrefix;
  private final boolean binary;
  private final StreamListener listener;
  private final RowGatherer rows;
  private final Shapes shapes = new Shapes();
  private final StreamStore streams;
  private final PgOutputDecoder decoder;
  private final StreamBlock block;
  private final StreamRelease release;
  private final Xids xids;
  private final LongSupplier nanos;

  private Transaction transaction;
  private Transaction last;
  private boolean unflushed;
  private long unflushedSince;

  /**
   * An assembler for a connection that has just begun to stream.
   *
   * @param nanos a clock, in nanoseconds from any moment on
   */
  TransactionAssembler(
      StreamOptions options,
      StreamLimits limits,
      RelationResolver resolver,
      StreamListener listener,
      LongSupplier nanos) {
    this.limits = limits;
    this.messagePrefix = options.messagePrefix();
    this.binary = options.binary();
    this.xids = new Xids(options.recentXid());
    this.listener = listener;
    this.nanos = nanos;
    this.rows = new RowGatherer(resolver, listener, limits);
    this.streams =
        new StreamStore(limits.directory(), limits.streamedBytes(), limits.spilledBytes());
    this.decoder = new PgOutputDecoder(ProtocolVersion.V2, this);
    this.block = new StreamBlock(streams, shapes, limits, messagePrefix, resolver, decoder);
    this.release = new StreamRelease(decoder, shapes, rows, this::shape);
  }

  /**
   * Has something asked again and again while a long transaction is released; it may wait.
   *
   * @param next false ends the release at once, for good
   */
  void pace(BooleanSupplier next) {
    release.pace(next);
  }

  /** Takes one message. */
  void accept(byte[] data, int offset, int length) {
    accept(data, offset, length, length);
  }

  /**
   * Takes one message, or the beginning of one that is larger than {@link
   * StreamLimits#messageBytes}.
   *
   * @param available bytes that are there, of a larger message at least {@link
   *     StreamBlock#PREFIX_BYTES}
   * @param length bytes of the whole message
   */
  void accept(byte[] data, int offset, int available, long length) {
    byte type = available == 0 ? 0 : data[offset];
    if (length > available || length > limits.messageBytes(type, binary)) {
      acceptTooLarge(type, data, offset, available, length);
    } else if (block.isOpen() && type != 'E') {
      block.keep(data, offset, available);
    } else {
      if (type == 'R') {
        shapes.nextIs(shapes.nextReceipt(), false);
      }
      decoder.decode(type, data, offset + 1, offset + Math.max(1, available));
    }
  }

  /** The server said how far it has come; told to the listener where nothing is open. */
  void keepAlive(long serverEnd, long serverMicros) {
    if (transaction == null && !block.isOpen() && streams.isEmpty()) {
      flush();
      listener.keepAlive(serverEnd, serverMicros);
    }
  }

  /**
   * Hands everything over if the last row has waited its time and no transaction is open.
   *
   * @return nanoseconds until that will be so, 0 or less when nothing waits
   */
  long flushIfDue() {
    if (!unflushed || transaction != null) {
      return 0;
    }
    long left = limits.linger().toNanos() - (nanos.getAsLong() - unflushedSince);
    if (left <= 0) {
      flush();
    }
    return left;
  }

  /** Hands everything over that has committed; not inside a transaction. */
  void flush() {
    if (unflushed) {
      rows.handOver();
      unflushed = false;
      listener.flushed(last.endLsn(), last.committedAt());
    }
  }

  /** Bytes of transactions in progress on disk; any thread may ask. */
  long spilled() {
    return streams.spilled();
  }

  /** Rows given so far. */
  long rows() {
    return rows.rows();
  }

  /** The transaction that ended last, null before the first. */
  Transaction last() {
    return last;
  }

  @Override
  public void close() {
    streams.close();
  }

  @Override
  public void begin(long commitLsn, long committedAt, int xid) {
    begin(new Transaction(xids.widen(xid), commitLsn, 0, committedAt));
  }

  @Override
  public void commit(long commitLsn, long endLsn, long committedAt) {
    if (transaction == null || transaction.commitLsn() != commitLsn) {
      throw decoder.broken("a commit without its begin");
    }
    commit(endLsn, committedAt);
  }

  @Override
  public void relation(Relation relation) {
    if (block.isOpen()) {
      block.relation(relation);
    } else {
      shapes.describe(relation);
    }
  }

  @Override
  public void insert(int relation, Tuple row) {
    if (block.isOpen()) {
      block.row(Op.CREATE, Before.NONE, null, row);
    } else {
      rows.insert(shape(relation, row), row);
    }
  }

  @Override
  public void update(int relation, Before before, Tuple old, Tuple row) {
    if (block.isOpen()) {
      block.row(Op.UPDATE, before, old, row);
      return;
    }
    Shape shape = shape(relation, row);
    if (before != Before.NONE) {
      shape = shape(relation, old);
    }
    rows.update(shape, before, old, row);
  }

  @Override
  public void delete(int relation, Before before, Tuple old) {
    if (block.isOpen()) {
      block.row(Op.DELETE, Before.NONE, null, old);
    } else {
      rows.delete(shape(relation, old), old);
    }
  }

  @Override
  public void truncate(int[] relations) {
    for (int relation : relations) {
      rows.truncate(shape(relation));
    }
  }

  @Override
  public void message(
      boolean transactional, long lsn, String prefix, byte[] data, int from, int length) {
    if (transactional != (transaction != null)) {
      throw decoder.broken("a logical message inside or outside of a transaction, where it is not");
    }
    if (prefix.startsWith(messagePrefix)) {
      String plain = MarkedPrefix.plain(prefix);
      byte[] content = Arrays.copyOfRange(data, from, from + length);
      if (transactional) {
        rows.handOver();
        listener.message(transaction, lsn, plain, content);
        rows.checkAgain();
      } else {
        flush();
        listener.message(new Transaction(0, lsn, 0, 0), lsn, plain, content);
      }
    }
  }

  @Override
  public void streamStart(int xid, boolean first) {
    if (transaction != null) {
      throw decoder.broken("a block of a stream inside a transaction");
    }
    StreamedTransaction streamed = first ? streams.begin(xid) : streams.find(xid);
    if (streamed == null) {
      throw decoder.broken("a later block of a stream whose first has not come");
    }
    block.open(streamed);
  }

  @Override
  public void streamStop() {
    if (!block.isOpen()) {
      throw decoder.broken("the end of a block of a stream that has not begun");
    }
    block.close();
  }

  @Override
  public void streamCommit(int xid, long commitLsn, long endLsn, long committedAt) {
    StreamedTransaction streamed = streams.find(xid);
    if (streamed == null) {
      throw decoder.broken("the commit of a stream that has not begun");
    }
    begin(new Transaction(xids.widen(xid), commitLsn, endLsn, committedAt));
    shapes.beginStreamed();
    if (release.give(streamed, streams)) {
      shapes.promote();
      streams.drop(xid);
      commit(endLsn, committedAt);
    }
  }

  @Override
  public void streamAbort(int xid, int subxid) {
    StreamedTransaction streamed = streams.find(xid);
    if (xid == subxid) {
      streams.drop(xid);
    } else if (streamed != null) {
      long memory = streamed.memory();
      streamed.rollBack(subxid);
      streams.changed(streamed, memory);
    }
  }

  private void begin(Transaction next) {
    if (transaction != null) {
      throw decoder.broken("a transaction inside another");
    }
    if (last != null && Long.compareUnsigned(next.commitLsn(), last.commitLsn()) <= 0) {
      throw decoder.broken("a commit that lies before the last one");
    }
    if (listener.flushBefore(next)) {
      flush();
    }
    transaction = next;
    rows.begin(next);
    listener.begin(next);
  }

  private void commit(long endLsn, long committedAt) {
    last = new Transaction(transaction.xid(), transaction.commitLsn(), endLsn, committedAt);
    transaction = null;
    listener.commit(last);
    boolean waits = unflushed;
    if (!unflushed) {
      unflushed = true;
      unflushedSince = nanos.getAsLong();
    }
    if (waits || limits.linger().isZero()) {
      flushIfDue();
    }
  }

  private void acceptTooLarge(byte type, byte[] data, int offset, int available, long length) {
    if (block.isOpen()) {
      block.keepTooLarge(type, data, offset, available, length);
    } else if (StreamBlock.isRow(type) && available >= StreamBlock.PREFIX_BYTES) {
      rows.tooLarge(shape(Bytes.getInt(data, offset + 1)), length);
    } else if (type != 'M') {
      throw new ProtocolException(type, 0, "it has " + length + " bytes");
    }
  }

  private Shape shape(int relation, Tuple row) {
    Shape shape = shape(relation);
    if (row.count() != shape.relation.columns().size()) {
      throw decoder.broken(
          "a row of "
              + row.count()
              + " values for a relation of "
              + shape.relation.columns().size()
              + " columns");
    }
    return shape;
  }

  private Shape shape(int relation) {
    if (transaction == null) {
      throw decoder.broken("a change outside of a transaction");
    }
    Shape shape = shapes.find(relation);
    if (shape == null) {
      throw decoder.broken("a change of relation " + relation + ", which was never described");
    }
    return shape;
  }
}
