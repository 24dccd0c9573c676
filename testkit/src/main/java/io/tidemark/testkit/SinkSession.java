package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Drives one opened sink as the engine does, in the words of a test. */
public final class SinkSession implements AutoCloseable {
  private final Sink sink;
  private final SinkState opened;
  private final Map<TableName, TableSchema> prepared = new HashMap<>();
  private final List<Staged> sealed = new ArrayList<>();

  /** Transactions that wait for a flush. */
  private final List<Commit> ready = new ArrayList<>();

  /** The flush that is being tried; null for none. */
  private Commit last;

  private final SortedMap<String, Optional<String>> changes = new TreeMap<>();

  private final SortedMap<TableName, TableState> tables = new TreeMap<>();

  private SinkSession(Sink sink, SinkState opened) {
    this.sink = sink;
    this.opened = opened;
  }

  /** Opens a new sink of a destination. */
  public static SinkSession open(SinkFixture fixture) throws SinkException {
    Sink sink = fixture.newSink();
    return new SinkSession(sink, sink.open());
  }

  /** Opens a new sink of a destination for a process that held the writing at an epoch. */
  public static SinkSession reopen(SinkFixture fixture, long held) throws SinkException {
    Sink sink = fixture.newSink();
    try {
      return new SinkSession(sink, sink.reopen(held));
    } catch (SinkException e) {
      sink.close();
      throw e;
    }
  }

  /** What the sink told when it was opened. */
  public SinkState opened() {
    return opened;
  }

  public Sink sink() {
    return sink;
  }

  /** Prepares what a batch needs and stages it. */
  public SinkSession stage(ChangeBatch... batches) throws SinkException {
    for (ChangeBatch batch : batches) {
      if (!batch.schema().equals(prepared.put(batch.table(), batch.schema()))) {
        sink.prepare(batch.schema());
      }
      sink.stage(batch);
    }
    return this;
  }

  /** Seals what was staged. */
  public SinkSession seal(long endLsn) throws SinkException {
    sealed.addAll(sink.seal(ScriptedSource.Script.position(endLsn)));
    return this;
  }

  /** An entry to be stored by the next commit; empty to remove it. */
  public SinkSession entry(String key, Optional<String> value) {
    changes.put(key, value);
    return this;
  }

  /** Says, from the next commit on, in which step of its life a table is. */
  public SinkSession phase(TableName table, TableState.Phase phase) {
    return stands(table, TableState.waiting().in(phase, Lsn.ZERO));
  }

  /** Says, from the next commit on, where a table stands. */
  public SinkSession stands(TableName table, TableState state) {
    tables.put(table, state);
    return this;
  }

  /** Says nothing more of a table: from the next commit on no table has this name. */
  public SinkSession leaves(TableName table) {
    tables.remove(table);
    return this;
  }

  /** What was sealed since the last commit. */
  public List<Staged> sealed() {
    return List.copyOf(sealed);
  }

  /** Ends a transaction that the next flush makes visible by itself, if the sink does so. */
  public SinkSession transaction(long endLsn) throws SinkException {
    if (sink.capabilities().eachTransaction()) {
      seal(endLsn);
      ready.add(commit(endLsn));
      sealed.clear();
      changes.clear();
    }
    return this;
  }

  private Commit commit(long endLsn) {
    return new Commit(
        ScriptedSource.Script.position(endLsn),
        Batches.committedAt(endLsn),
        sealed,
        changes,
        new TreeMap<>(tables));
  }

  /** Commits what was sealed, without sealing anything more. */
  public SinkSession commitSealed(long endLsn) throws SinkException {
    if (sink.capabilities().eachTransaction()) {
      if (last == null) {
        last = commit(endLsn);
      }
      List<Commit> all = new ArrayList<>(ready);
      all.add(last);
      sink.commitEach(all);
      ready.clear();
      last = null;
    } else {
      sink.commit(commit(endLsn));
    }
    sealed.clear();
    changes.clear();
    return this;
  }

  /** Seals and commits. */
  public SinkSession flush(long endLsn) throws SinkException {
    return seal(endLsn).commitSealed(endLsn);
  }

  @Override
  public void close() {
    sink.close();
  }
}
