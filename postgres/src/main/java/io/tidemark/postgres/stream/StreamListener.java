package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;

/**
 * What comes out of the replication stream, in commit order, on the reader thread. Everything
 * between {@link #begin} and {@link #commit} belongs to one transaction; transactions do not
 * overlap here, even where the server streamed them while they were in progress.
 */
public interface StreamListener {
  /** A transaction that has committed is going to be given. */
  void begin(Transaction transaction);

  /**
   * Whether changes of a table in this transaction count. Asked once for each table and
   * transaction, before its first row is decoded; false leaves the rows out.
   */
  boolean admits(TableName table, Transaction transaction);

  /**
   * Rows of one table, perhaps of many transactions: given when the batch is full, when a schema
   * version ends, and before every {@link #flushed}.
   */
  void changes(ChangeBatch batch);

  /**
   * A logical message. A non-transactional one may come between transactions only, with a
   * transaction of xid 0.
   */
  void message(Transaction transaction, long lsn, String prefix, byte[] content);

  /**
   * The transaction ends. After this call the batches built so far may still be held back for more
   * rows; {@link #flushed} tells when all rows up to here have been given.
   */
  void commit(Transaction transaction);

  /**
   * Every row of every transaction that ended so far has been given by {@link #changes}.
   *
   * @param endLsn end LSN of the last commit
   * @param committedAt its commit time, microseconds since 1970 UTC
   */
  void flushed(long endLsn, long committedAt);

  /**
   * The server said how far it has come, at a moment with no open transaction here.
   *
   * @param serverEnd end of WAL as the server tells, unsigned
   */
  void keepAlive(long serverEnd);

  /**
   * A committed transaction.
   *
   * @param xid top-level transaction id as pgoutput gives it (32 bits, unsigned)
   * @param commitLsn LSN of the commit record; orders transactions
   * @param endLsn LSN past the commit record, 0 while it is not known (a transaction that is not
   *     streamed tells it at its end)
   * @param committedAt commit time, microseconds since 1970 UTC
   */
  record Transaction(long xid, long commitLsn, long endLsn, long committedAt) {}
}
