package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch.Before;

/**
 * What the messages of pgoutput say, one method for each. Times are microseconds since 1970 UTC,
 * transaction ids 32 bits. Tuples and byte arrays are good only during the call.
 */
interface MessageHandler {
  void begin(long commitLsn, long committedAt, int xid);

  void commit(long commitLsn, long endLsn, long committedAt);

  void relation(Relation relation);

  void insert(int relation, Tuple row);

  /**
   * A row was updated.
   *
   * @param before what {@code old} holds; with NONE it means nothing
   */
  void update(int relation, Before before, Tuple old, Tuple row);

  /**
   * A row was deleted.
   *
   * @param before KEY or FULL: what {@code old} holds
   */
  void delete(int relation, Before before, Tuple old);

  void truncate(int[] relations);

  void message(boolean transactional, long lsn, String prefix, byte[] data, int from, int length);

  void streamStart(int xid, boolean first);

  void streamStop();

  void streamCommit(int xid, long commitLsn, long endLsn, long committedAt);

  /**
   * A transaction in progress was rolled back.
   *
   * @param subxid the same as {@code xid} for the whole of it, else the subtransaction
   */
  void streamAbort(int xid, int subxid);
}
