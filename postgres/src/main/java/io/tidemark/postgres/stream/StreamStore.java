package io.tidemark.postgres.stream;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/**
 * All transactions in progress. Together they take a bounded amount of memory; beyond it the
 * largest goes to disk. Used by the reader thread alone, but for {@link #spilled}.
 */
final class StreamStore implements AutoCloseable {
  private final Path directory;
  private final long limit;
  private final long diskLimit;
  private final Map<Integer, StreamedTransaction> open = new HashMap<>();
  private long memory;
  private volatile long spilled;

  /**
   * An empty store; deletes what an earlier process left in the directory.
   *
   * @param limit bytes of memory
   * @param diskLimit bytes on disk, beyond which {@link SpillFullException} is thrown
   */
  StreamStore(Path directory, long limit, long diskLimit) {
    this.directory = directory;
    this.limit = limit;
    this.diskLimit = diskLimit;
    SpillFile.sweep(directory);
  }

  /** Begins a transaction; an older one of the same id, of an earlier round of ids, is dropped. */
  StreamedTransaction begin(int xid) {
    drop(xid);
    StreamedTransaction transaction = new StreamedTransaction(xid);
    open.put(xid, transaction);
    return transaction;
  }

  /** A transaction that has begun, null where there is none. */
  StreamedTransaction find(int xid) {
    return open.get(xid);
  }

  /** Whether no transaction is in progress. */
  boolean isEmpty() {
    return open.isEmpty();
  }

  /** Bytes on disk; any thread may ask. */
  long spilled() {
    return spilled;
  }

  /** Keeps within the limit after something was added to a transaction, or dropped. */
  void changed(StreamedTransaction transaction, long memoryBefore) {
    memory += transaction.memory() - memoryBefore;
    if (memory > limit) {
      StreamedTransaction largest =
          open.values().stream()
              .max(Comparator.comparingLong(StreamedTransaction::memory))
              .orElseThrow();
      memory -= largest.memory();
      largest.spill(directory);
      count();
      if (spilled > diskLimit) {
        throw new SpillFullException(diskLimit);
      }
    }
  }

  /** Counts the memory of a transaction that is being given, piece by piece. */
  void read(StreamedTransaction transaction, long memoryBefore) {
    memory += transaction.memory() - memoryBefore;
  }

  /** Forgets a transaction, with its file. */
  void drop(int xid) {
    StreamedTransaction transaction = open.remove(xid);
    if (transaction != null) {
      memory -= transaction.memory();
      transaction.close();
      count();
      if (open.isEmpty() && memory != 0) {
        throw new IllegalStateException("Nothing is kept, but memory counts " + memory + ".");
      }
    }
  }

  @Override
  public void close() {
    open.values().forEach(StreamedTransaction::close);
    open.clear();
    memory = 0;
    spilled = 0;
  }

  private void count() {
    spilled = open.values().stream().mapToLong(StreamedTransaction::spilled).sum();
  }
}
