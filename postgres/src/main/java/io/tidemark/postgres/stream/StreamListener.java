package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import java.util.Optional;

/**
 * What comes out of the replication stream, in commit order, on the reader thread. Everything
 * between {@link #begin} and {@link #commit} belongs to one transaction; transactions do not
 * overlap here, even where the server streamed them while they were in progress. A transaction that
 * was rolled back is never seen, nor is a part of one that was.
 *
 * <p>{@link #changes} is the exception: a batch may hold rows of many transactions, so it may come
 * between, or inside a later transaction. {@link #flushed} says when all has been given.
 *
 * <p>No method may wait for a sink: a listener puts things into a queue, counts the bytes with
 * {@link ByteBudget#take}, and lets the reader do the waiting, which goes on talking to the server.
 * What a method throws ends the reading and comes back in {@link #ended}.
 */
public interface StreamListener {
  /**
   * Whether everything before this transaction must be {@link #flushed} before it begins, because a
   * boundary is wanted there.
   */
  default boolean flushBefore(Transaction next) {
    return false;
  }

  /** A transaction that has committed is going to be given. */
  void begin(Transaction transaction);

  /**
   * Whether changes of a table in this transaction count. Asked once for each table and
   * transaction, before its first row is decoded; false leaves the rows out.
   */
  boolean admits(TableName table, Transaction transaction);

  /**
   * Rows of one table, perhaps of many transactions: given when the batch is full, when a schema
   * version ends, before {@link RelationResolver#resolve} is asked and before every {@link
   * #message}, {@link #failed} and {@link #flushed}.
   */
  void changes(ChangeBatch batch);

  /**
   * A logical message whose prefix was asked for. All rows before it have been given. A
   * non-transactional one comes at the place of the log where it was written, between transactions,
   * with a transaction of xid 0 whose commit LSN is the message's and whose other fields are 0; all
   * transactions that committed before it are flushed.
   *
   * <p>A transactional message that was rolled back with a savepoint may come all the same when its
   * transaction was streamed: the server does not tell. It does not come when the prefix is marked
   * with the newest transaction id of the session that wrote it, {@code prefix#4711}; the mark is
   * taken off.
   *
   * @param lsn where the message stands in the log, unsigned
   */
  void message(Transaction transaction, long lsn, String prefix, byte[] content);

  /**
   * A row of a table cannot be given: it is larger than the limit, or a value of it cannot be read.
   * Nothing more of the table is given in this transaction; afterwards the resolver is asked again
   * for it, and must answer that it is not captured.
   *
   * @param reason a sentence for the user, without values of the row
   */
  void failed(TableName table, Transaction transaction, String reason);

  /**
   * The transaction ends. After this call the batches built so far may still be held back for more
   * rows; {@link #flushed} tells when all rows up to here have been given.
   *
   * @param transaction with its end LSN
   */
  void commit(Transaction transaction);

  /**
   * Every row of every transaction that ended so far has been given by {@link #changes}. Comes only
   * after at least one {@link #commit} since the last time.
   *
   * @param endLsn end LSN of the last commit
   * @param committedAt its commit time, microseconds since 1970 UTC
   */
  void flushed(long endLsn, long committedAt);

  /**
   * The server said how far it has come, at a moment at which no transaction is open, neither here
   * nor in the stream, and nothing is held back.
   *
   * @param serverEnd how far the server has read the log, unsigned: nothing below it is still to
   *     come
   * @param serverMicros its clock then, microseconds since 1970 UTC
   */
  void keepAlive(long serverEnd, long serverMicros);

  /**
   * Whether somebody waits for a {@link #keepAlive}; an idle server is then asked at once how far
   * it is. Asked often.
   */
  default boolean isWaiting() {
    return false;
  }

  /**
   * The reading is over; nothing more is called.
   *
   * @param failure why; empty when the reader was closed
   */
  void ended(Optional<Exception> failure);

  /**
   * A committed transaction.
   *
   * @param xid top-level transaction id, widened to 64 bits (with its epoch)
   * @param commitLsn LSN of the commit record; orders transactions
   * @param endLsn LSN past the commit record, 0 while it is not known (a transaction that is not
   *     streamed tells it at its end)
   * @param committedAt commit time, microseconds since 1970 UTC
   */
  record Transaction(long xid, long commitLsn, long endLsn, long committedAt) {}
}
