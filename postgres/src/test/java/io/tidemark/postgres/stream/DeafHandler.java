package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch.Before;

/** Hears everything and does nothing. */
final class DeafHandler implements MessageHandler {
  @Override
  public void begin(long commitLsn, long committedAt, int xid) {}

  @Override
  public void commit(long commitLsn, long endLsn, long committedAt) {}

  @Override
  public void relation(Relation relation) {}

  @Override
  public void insert(int relation, Tuple row) {}

  @Override
  public void update(int relation, Before before, Tuple old, Tuple row) {}

  @Override
  public void delete(int relation, Before before, Tuple old) {}

  @Override
  public void truncate(int[] relations) {}

  @Override
  public void message(
      boolean transactional, long lsn, String prefix, byte[] data, int from, int length) {}

  @Override
  public void streamStart(int xid, boolean first) {}

  @Override
  public void streamStop() {}

  @Override
  public void streamCommit(int xid, long commitLsn, long endLsn, long committedAt) {}

  @Override
  public void streamAbort(int xid, int subxid) {}
}
