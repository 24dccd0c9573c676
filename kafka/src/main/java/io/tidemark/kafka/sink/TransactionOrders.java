package io.tidemark.kafka.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Counts the events of transactions, for the transaction block and the transaction topic. */
final class TransactionOrders {
  /**
   * What one transaction came to.
   *
   * @param committedAtMicros when it committed, microseconds since 1970 UTC
   * @param events how many, by table
   */
  record Counted(String id, long committedAtMicros, Map<TableName, Long> events) {
    long total() {
      return events.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private final Map<Long, Counted> byLsn = new TreeMap<>(Long::compareUnsigned);

  /** What Debezium calls a transaction: its number and a place in the log, here of its commit. */
  static String id(ChangeBatch batch, int i) {
    return batch.xid(i) + ":" + Long.toUnsignedString(batch.commitLsn(i));
  }

  /** Counts one event and tells which of its table's in its transaction it is, from 1. */
  long next(TableName table, ChangeBatch batch, int i) {
    Counted counted =
        byLsn.computeIfAbsent(
            batch.commitLsn(i),
            lsn -> new Counted(id(batch, i), batch.committedAt(i), new LinkedHashMap<>()));
    return counted.events().merge(table, 1L, Long::sum);
  }

  /** All of them, in the order of their commits. */
  Iterable<Counted> all() {
    return byLsn.values();
  }

  void clear() {
    byLsn.clear();
  }
}
