package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * What {@link InMemorySink} writes to; it outlives every sink, as a real destination outlives a
 * process. Faults can be armed at every step. Any thread.
 */
public final class MemoryDestination {
  /** Where a fault can be armed. */
  public enum Step {
    OPEN,
    PREPARE,
    STAGE,
    SEAL,
    /** Before anything has become visible. */
    COMMIT,
    /** After everything has become visible, before the caller hears of it. */
    COMMITTED
  }

  /** What happens at a step, once. */
  @FunctionalInterface
  public interface Fault {
    /** Throws, waits or just takes notice. */
    void strike() throws SinkException;
  }

  private final Map<Step, Deque<Fault>> faults = new EnumMap<>(Step.class);
  private final Map<String, List<ChangeBatch>> sealed = new HashMap<>();
  private final List<ChangeBatch> committed = new ArrayList<>();
  private final List<Commit> commits = new ArrayList<>();
  private final Map<TableName, TableSchema> forms = new HashMap<>();
  private final SortedMap<String, String> entries = new TreeMap<>();
  private boolean refuses = true;
  private Position tidemark = Position.NONE;
  private long epoch;
  private long nextPiece;

  /** Arms a fault; several at one step strike one after another. */
  public synchronized void at(Step step, Fault fault) {
    faults.computeIfAbsent(step, each -> new ArrayDeque<>()).add(fault);
  }

  /** Arms a wait: the step goes on when the latch that is returned is counted down. */
  public CountDownLatch holdAt(Step step) {
    CountDownLatch release = new CountDownLatch(1);
    at(
        step,
        () -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    return release;
  }

  /** From now on, rows that were refused are taken. */
  public synchronized void mend() {
    refuses = false;
  }

  synchronized boolean refuses() {
    return refuses;
  }

  void strike(Step step) throws SinkException {
    Fault fault;
    synchronized (this) {
      fault = faults.getOrDefault(step, new ArrayDeque<>()).poll();
    }
    if (fault != null) {
      fault.strike();
    }
  }

  synchronized SinkState claim() {
    epoch++;
    sealed.clear();
    return new SinkState(epoch, tidemark, entries);
  }

  synchronized SinkState claimAgain(long held) throws SinkException.Fenced {
    if (held != epoch) {
      throw takenOver(held);
    }
    return claim();
  }

  private SinkException.Fenced takenOver(long writer) {
    return new SinkException.Fenced(
        "Cannot commit: epoch " + epoch + " has taken over from " + writer + ". Stop this writer.");
  }

  synchronized Staged seal(TableName table, List<ChangeBatch> batches) {
    String id = "piece-" + nextPiece++;
    sealed.put(id, List.copyOf(batches));
    long rows = batches.stream().mapToLong(ChangeBatch::size).sum();
    return new Staged(table, rows, batches.stream().mapToLong(ChangeBatch::bytes).sum(), id);
  }

  synchronized void commit(long writer, Commit commit, Map<TableName, TableSchema> prepared)
      throws SinkException.Fenced {
    if (writer != epoch) {
      throw takenOver(writer);
    }
    if (!commit.tidemark().covers(tidemark)) {
      throw new IllegalStateException(
          "Cannot commit at " + commit.tidemark() + ": it lies below " + tidemark + ".");
    }
    for (Staged piece : commit.staged()) {
      List<ChangeBatch> batches = sealed.remove(piece.description());
      if (batches == null) {
        throw new IllegalStateException("Cannot commit " + piece + ": it was not sealed here.");
      }
      committed.addAll(batches);
    }
    forms.putAll(prepared);
    commit
        .changes()
        .forEach(
            (key, value) ->
                value.ifPresentOrElse(text -> entries.put(key, text), () -> entries.remove(key)));
    tidemark = commit.tidemark();
    commits.add(commit);
  }

  /** The history of a table in the order of its positions, under its newest form. */
  public synchronized List<CommittedRow> rows(TableName table) {
    List<CommittedRow> rows = new ArrayList<>();
    for (ChangeBatch batch : committed) {
      if (batch.table().equals(table)) {
        rows.addAll(CommittedRow.of(batch, forms.getOrDefault(table, batch.schema())));
      }
    }
    rows.sort(
        Comparator.comparing(CommittedRow::lsn, Long::compareUnsigned)
            .thenComparing(CommittedRow::seq));
    return rows;
  }

  /** Position of the last commit. */
  public synchronized Position tidemark() {
    return tidemark;
  }

  /** The state as stored. */
  public synchronized SortedMap<String, String> entries() {
    return new TreeMap<>(entries);
  }

  /** Every commit in order. */
  public synchronized List<Commit> commits() {
    return List.copyOf(commits);
  }
}
