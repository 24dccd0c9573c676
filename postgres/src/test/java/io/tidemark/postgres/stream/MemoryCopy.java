package io.tidemark.postgres.stream;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Applies a stream, at each flush, to tables in memory whose key is the column {@code id}, and
 * holds the stream to its promises while it does: order, ordinals without a gap, no row outside of
 * its transaction.
 */
final class MemoryCopy implements StreamListener {
  private static final String KEY = "id";

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Map<String, Map<String, String>>> tables = new TreeMap<>();
  private final Map<TableName, long[]> lastOf = new HashMap<>();
  private final Map<Long, Set<Long>> ordinals = new HashMap<>();
  private final Set<Long> begun = new HashSet<>();
  private final List<ChangeBatch> pending = new ArrayList<>();
  private final List<String> messages = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final ByteBudget budget;
  private final Set<String> given = new TreeSet<>();
  private boolean ended;
  private Optional<Exception> end = Optional.empty();
  private long flushedEnd;
  private long lastKeepAlive;
  private long rows;

  MemoryCopy(ByteBudget budget) {
    this.budget = budget;
  }

  /** Waits until a message of this content has come; whatever ends the stream is thrown. */
  void awaitMessage(String content) throws Exception {
    await(() -> messages.contains(content));
  }

  /** Waits until the server has said that it is at a position at least. */
  void awaitKeepAlive(long lsn) throws Exception {
    await(() -> Long.compareUnsigned(lastKeepAlive, lsn) >= 0);
  }

  /** Waits until the stream has ended. */
  Optional<Exception> awaitEnd() throws Exception {
    lock.lock();
    try {
      while (!ended) {
        changed.await();
      }
      return end;
    } finally {
      lock.unlock();
    }
  }

  private void await(java.util.function.BooleanSupplier condition) throws Exception {
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        if (ended) {
          throw new IllegalStateException("The stream has ended.", end.orElse(null));
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what was not flushed, as a process does that dies; a new stream may begin. */
  void restart() {
    lock.lock();
    try {
      pending.clear();
      ordinals.clear();
      lastOf.clear();
      begun.clear();
      ended = false;
    } finally {
      lock.unlock();
    }
  }

  /** The rows of a table by key, each a map of column to text. */
  Map<String, Map<String, String>> table(String name) {
    lock.lock();
    try {
      return new TreeMap<>(tables.getOrDefault(name, Map.of()));
    } finally {
      lock.unlock();
    }
  }

  /** End LSN of the last commit that was flushed. */
  long flushedEnd() {
    lock.lock();
    try {
      return flushedEnd;
    } finally {
      lock.unlock();
    }
  }

  /** Rows of all batches. */
  long rows() {
    lock.lock();
    try {
      return rows;
    } finally {
      lock.unlock();
    }
  }

  /** All rows, with their positions and values, as texts. */
  Set<String> given() {
    lock.lock();
    try {
      return new TreeSet<>(given);
    } finally {
      lock.unlock();
    }
  }

  /** Contents of all messages. */
  List<String> messages() {
    lock.lock();
    try {
      return List.copyOf(messages);
    } finally {
      lock.unlock();
    }
  }

  /** What {@link StreamListener#failed} was told. */
  List<String> failures() {
    lock.lock();
    try {
      return List.copyOf(failures);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void begin(Transaction transaction) {
    hold(begun.add(transaction.commitLsn()), "a transaction comes twice");
    hold(
        Long.compareUnsigned(transaction.commitLsn(), flushedEnd) >= 0,
        "a transaction lies before the last flush");
  }

  @Override
  public boolean admits(TableName table, Transaction transaction) {
    return true;
  }

  @Override
  public void changes(ChangeBatch batch) {
    lock.lock();
    try {
      for (int row = 0; row < batch.size(); row++) {
        check(batch, row);
      }
      pending.add(batch);
      rows += batch.size();
    } finally {
      lock.unlock();
    }
    budget.take(batch.bytes());
    budget.give(batch.bytes());
  }

  private void check(ChangeBatch batch, int row) {
    long[] last = lastOf.computeIfAbsent(batch.table(), name -> new long[] {0, -1});
    int order = Long.compareUnsigned(batch.commitLsn(row), last[0]);
    hold(order > 0 || order == 0 && batch.ordinal(row) > last[1], "rows are out of order");
    last[0] = batch.commitLsn(row);
    last[1] = batch.ordinal(row);
    hold(begun.contains(batch.commitLsn(row)), "a row of a transaction that has not begun");
    hold(
        ordinals
            .computeIfAbsent(batch.commitLsn(row), lsn -> new HashSet<>())
            .add(batch.ordinal(row)),
        "an ordinal comes twice");
  }

  private void apply(ChangeBatch batch, int row) {
    Map<String, Map<String, String>> table =
        tables.computeIfAbsent(batch.table().table(), name -> new TreeMap<>());
    Map<String, String> after = values(batch, batch.columns(), row);
    if (batch.op(row) == Op.TRUNCATE) {
      table.clear();
    } else if (batch.op(row) == Op.DELETE) {
      hold(table.remove(after.get(KEY)) != null, "a row is deleted that is not there");
    } else if (batch.op(row) == Op.CREATE) {
      hold(table.put(after.get(KEY), after) == null, "a row is inserted that is there");
    } else {
      Map<String, String> before =
          batch.beforeKind(row) == Before.NONE ? after : values(batch, batch.before(), row);
      Map<String, String> old = table.remove(before.get(KEY));
      hold(old != null, "a row is updated that is not there");
      hold(
          batch.beforeKind(row) != Before.FULL || before.equals(old),
          "the old row is not what was there");
      after.replaceAll((column, value) -> value == Wire.UNCHANGED ? old.get(column) : value);
      table.put(after.get(KEY), after);
    }
  }

  @SuppressWarnings("StringEquality")
  private static Map<String, String> values(ChangeBatch batch, List<ColumnData> columns, int row) {
    Map<String, String> values = new TreeMap<>();
    List<Column> names = batch.schema().columns();
    for (int i = 0; i < columns.size(); i++) {
      ColumnData column = columns.get(i);
      if (column.isUnchanged(row)) {
        values.put(names.get(i).name(), Wire.UNCHANGED);
      } else if (!column.vector().isNull(row)) {
        values.put(names.get(i).name(), ((BytesVector) column.vector()).text(row));
      }
    }
    return values;
  }

  @Override
  public void message(Transaction transaction, long lsn, String prefix, byte[] content) {
    lock.lock();
    try {
      messages.add(new String(content, java.nio.charset.StandardCharsets.UTF_8));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void failed(TableName table, Transaction transaction, String reason) {
    lock.lock();
    try {
      failures.add(reason);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void commit(Transaction transaction) {
    hold(begun.contains(transaction.commitLsn()), "a commit without its begin");
  }

  @Override
  public void flushed(long endLsn, long committedAt) {
    lock.lock();
    try {
      hold(Long.compareUnsigned(endLsn, flushedEnd) > 0, "a flush goes back");
      flushedEnd = endLsn;
      for (ChangeBatch batch : pending) {
        for (int row = 0; row < batch.size(); row++) {
          given.add(Recording.text(batch, row));
          apply(batch, row);
        }
      }
      pending.clear();
      for (Set<Long> given : ordinals.values()) {
        for (long ordinal = 0; ordinal < given.size(); ordinal++) {
          hold(given.contains(ordinal), "an ordinal is missing");
        }
      }
      ordinals.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void keepAlive(long serverEnd, long serverMicros) {
    lock.lock();
    try {
      hold(ordinals.isEmpty(), "a keep-alive comes while rows are held back");
      lastKeepAlive = serverEnd;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void ended(Optional<Exception> failure) {
    lock.lock();
    try {
      ended = true;
      end = failure;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static void hold(boolean promise, String broken) {
    if (!promise) {
      throw new IllegalStateException("The stream breaks its promise: " + broken + ".");
    }
  }
}
