package io.tidemark.engine.pipeline;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.Staged;
import io.tidemark.engine.deadletter.Reason;
import java.util.Collection;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What was committed to one sink since the pipeline started, over all its reconnections. Written by
 * the lane's thread, read by any.
 */
final class Tally {
  private final LongAdder taken = new LongAdder();
  private final LongAdder rows = new LongAdder();
  private final LongAdder files = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder commits = new LongAdder();
  private final Map<TableName, LongAdder> rowsByTable = new ConcurrentHashMap<>();
  private final Map<Long, Reason> rejectedTransactions = new ConcurrentHashMap<>();
  private final RejectedRows rejectedRows = new RejectedRows();
  private volatile long lastCommitMillis;
  private volatile OptionalLong epoch = OptionalLong.empty();

  /** The sink has taken rows, which are not committed yet. */
  void staged(long more) {
    taken.add(more);
  }

  void committed(Collection<Staged> staged) {
    for (Staged piece : staged) {
      rows.add(piece.rows());
      bytes.add(piece.bytes());
      rowsByTable.computeIfAbsent(piece.table(), table -> new LongAdder()).add(piece.rows());
    }
    files.add(staged.stream().filter(piece -> piece.bytes() > 0).count());
    commits.increment();
    lastCommitMillis = System.currentTimeMillis();
  }

  /** Commit LSN of each transaction that the sink did not take, and why. */
  Map<Long, Reason> rejectedTransactions() {
    return rejectedTransactions;
  }

  /** Rows that the sink has found that it cannot apply. */
  RejectedRows rejectedRows() {
    return rejectedRows;
  }

  /** Forgets what was rejected below the copy's tidemark: it never comes again. Any thread. */
  void forgetRejectedBelow(Lsn tidemark) {
    rejectedTransactions.keySet().removeIf(lsn -> Long.compareUnsigned(lsn, tidemark.value()) < 0);
    rejectedRows.forgetBelow(tidemark.value());
  }

  /** The writing was taken at an epoch. */
  void opened(long taken) {
    epoch = OptionalLong.of(taken);
  }

  /** The epoch at which this process wrote last; empty before it has opened the sink. */
  OptionalLong epoch() {
    return epoch;
  }

  /** Rows that the sink has taken, committed or not. */
  long taken() {
    return taken.sum();
  }

  long rows() {
    return rows.sum();
  }

  /** Rows of a table, by its name in the copy. */
  long rows(TableName table) {
    LongAdder counted = rowsByTable.get(table);
    return counted == null ? 0 : counted.sum();
  }

  /** Pieces that are files. */
  long files() {
    return files.sum();
  }

  long bytes() {
    return bytes.sum();
  }

  long commits() {
    return commits.sum();
  }

  /** Milliseconds since 1970 UTC; 0 before the first commit. */
  long lastCommitMillis() {
    return lastCommitMillis;
  }
}
