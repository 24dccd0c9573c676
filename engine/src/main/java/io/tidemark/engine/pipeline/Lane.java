package io.tidemark.engine.pipeline;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.Staged;
import io.tidemark.api.sink.Upkeep;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.state.StateTracker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Brings what the source gives to one sink, at the sink's own pace, on a thread of its own. Commits
 * at boundaries only; each commit carries rows, tidemark and state by one act.
 */
final class Lane implements Runnable {
  private static final long LONGEST_WAIT = TimeUnit.MILLISECONDS.toNanos(500);

  /** As many transactions that are shown by themselves wait for a flush at most. */
  private static final int MOST_READY = 5_000;

  private final SteadySink sink;
  private final boolean eachTransaction;
  private final StateTracker state;
  private final StopSignal stop;
  private final LaneListener listener;
  private final Tally tally;
  private final HandOver handOver;
  private final FlushPolicy policy;
  private final LetterBox letters;
  private final Stager stager;
  private final FlushAsks asks = new FlushAsks();
  private final TableGate gate = new TableGate();

  /** Entries of the engine's own that were committed. */
  private final Set<String> stored = ConcurrentHashMap.newKeySet();

  private volatile Position tidemark;
  private volatile long tidemarkMicros;
  private volatile Throwable failure;
  private SourceEvent.Boundary boundary;

  /** What is sealed and waits to be committed; more than one only of transactions by themselves. */
  private final List<Commit> ready = new ArrayList<>();

  private long sealedRows;

  /** Where tables stand, by their names in the copy; null where that may have changed. */
  private SortedMap<TableName, TableState> named;

  /** Nothing was said since {@link #boundary}, so a commit there is possible. */
  private boolean clean;

  /** What the sink has yet to be told of tables, by their names in the copy. */
  private final Map<TableName, String> definitions = new LinkedHashMap<>();

  /** The source gives again what this copy has, up to its tidemark. */
  private boolean ahead;

  /** Nothing more will come. */
  private boolean ending;

  private volatile boolean drained;

  Lane(OpenSink opened, PipelineConfig config, LaneListener listener) {
    this.sink = opened.sink();
    this.eachTransaction = sink.sink().capabilities().eachTransaction();
    this.state = opened.state();
    this.tidemark = opened.tidemark();
    this.ahead = opened.ahead();
    this.tally = opened.tally();
    this.stop = opened.sink().stop();
    this.listener = listener;
    this.handOver = new HandOver(config.buffer().memoryBytes(), opened.spill(), listener::taken);
    this.policy = new FlushPolicy(config.flush(), System.nanoTime());
    this.letters = new LetterBox(state.stored(), state::put);
    this.stager = new Stager(sink, policy, letters, config.policies(), tally);
  }

  String name() {
    return sink.name();
  }

  HandOver handOver() {
    return handOver;
  }

  Position tidemark() {
    return tidemark;
  }

  /** Commit time of the last transaction below the tidemark, microseconds; 0 when not known. */
  long tidemarkMicros() {
    return tidemarkMicros;
  }

  Tally tally() {
    return tally;
  }

  Optional<String> problem() {
    return sink.problem();
  }

  /** The last work that the sink did beside commits; any thread. */
  Upkeep upkeep() {
    return sink.sink().upkeep();
  }

  /** What the sink's commits have cost so far; any thread. */
  Loads loads() {
    return sink.sink().loads();
  }

  /** How long the sink has been in the call that it works on now; zero between calls. */
  Duration inCall() {
    return sink.inCall();
  }

  /** What ended the thread; empty while it runs or when it ended well. */
  Optional<Throwable> failure() {
    return Optional.ofNullable(failure);
  }

  /** The rows that the sink did not take. */
  LetterBox letters() {
    return letters;
  }

  /** Whether an entry of the engine's own was committed by this lane. */
  boolean hasStored(String key) {
    return stored.contains(key);
  }

  /** Ends without a last commit. */
  void abandon() {
    stop.abandon();
    handOver.wake();
  }

  /** Commits at the first boundary that covers the position. */
  CompletableFuture<Position> flushAt(Lsn position) {
    CompletableFuture<Position> answer = asks.add(position);
    handOver.wake();
    return answer;
  }

  @Override
  public void run() {
    try {
      while (!stop.requested()) {
        handle(handOver.take(patience()));
      }
      finish();
    } catch (SteadySink.GivenUp e) {
      // What was staged comes again at the next start.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SinkException.RowsRejected e) {
      tally.rejectedRows().add(e.rows());
      failure = e;
    } catch (Throwable e) { // an Error too must end the run with its reason, not hang it
      failure = e;
    } finally {
      close();
      asks.abandon(new IllegalStateException("Cannot flush: the pipeline has stopped."));
      listener.ended(this);
    }
  }

  private void close() {
    try {
      handOver.close();
      sink.sink().close();
    } catch (RuntimeException e) {
      if (failure == null) {
        failure = e;
      }
    }
  }

  private long patience() {
    boolean waits = clean && mayFlush() && hasNews();
    return waits ? Math.min(LONGEST_WAIT, untilFlush(System.nanoTime())) : LONGEST_WAIT;
  }

  /** Takes one step; the event is null where there was none. */
  private void handle(LaneEvent event) throws SinkException, InterruptedException {
    boolean quiet =
        event instanceof LaneEvent.Rows
            || event instanceof LaneEvent.Said said
                && (said.event() instanceof SourceEvent.Boundary
                    || said.event() instanceof SourceEvent.Note);
    named = event == null || quiet ? named : null;
    if (event instanceof LaneEvent.Rows rows) {
      clean = false;
      stage(rows);
    } else if (event instanceof LaneEvent.Form form) {
      clean = false;
      prepare(form);
    } else if (event instanceof LaneEvent.Definition definition) {
      definitions.put(definition.table(), definition.text());
      describe();
    } else if (event instanceof LaneEvent.Entry entry) {
      clean = false;
      state.put(entry.key(), entry.value());
    } else if (event instanceof LaneEvent.Replay replay) {
      clean = false;
      stager.replay(replay.table());
    } else if (event instanceof LaneEvent.End) {
      ending = true;
    } else if (event instanceof LaneEvent.Repair repair) {
      repair(repair);
    } else if (event instanceof LaneEvent.Discard discard) {
      clean = false;
      letters.discard(discard.table());
    } else if (event instanceof LaneEvent.Edit edit) {
      clean = false;
      if (edit.sink().isEmpty() || edit.sink().get().equals(name())) {
        letters.edit(edit.table(), edit.place(), edit.values());
      }
    } else if (event instanceof LaneEvent.Said said) {
      follow(said.event());
    }
    asks.answer(tidemark);
    if (clean && mayFlush() && isTime()) {
      flush();
    }
    drained = ending && (boundary == null || clean && !hasNews());
  }

  private boolean isTime() {
    return asks.metBy(boundary.position()) || due(System.nanoTime()) || ending && hasNews();
  }

  /** Whether nothing more will come, and everything is committed. */
  boolean isDrained() {
    return drained;
  }

  /** Ends in order: what waits is staged as far as time allows, and committed. */
  private void finish() throws SinkException, InterruptedException {
    while (!stop.overdue()) {
      LaneEvent event = handOver.take(0);
      if (event == null) {
        break;
      }
      handle(event);
    }
    if (clean && !stop.overdue() && mayFlush() && hasNews()) {
      flush();
    }
  }

  private boolean mayFlush() {
    return boundary.position().covers(tidemark);
  }

  private boolean hasNews() {
    return hasChanges() || !boundary.position().equals(tidemark);
  }

  /** Whether there is more to commit than a position. */
  private boolean hasChanges() {
    return policy.rows() > 0 || !state.changes().isEmpty() || !ready.isEmpty();
  }

  private boolean due(long now) {
    return policy.full()
        || sink.sink().isFull()
        || ready.size() >= MOST_READY
        || hasNews() && untilFlush(now) <= 0;
  }

  private long untilFlush(long now) {
    return hasChanges() ? policy.untilInterval(now) : policy.untilIdle(now);
  }

  private void follow(SourceEvent event) throws SinkException, InterruptedException {
    if (event instanceof SourceEvent.Boundary next) {
      boundary = next;
      clean = true;
      ahead &= !next.position().covers(tidemark);
      describe();
      seal();
    } else if (event instanceof SourceEvent.SchemaChange change) {
      clean = false;
      state.apply(change);
    } else if (event instanceof SourceEvent.Definition definition) {
      clean = false;
      state.apply(definition);
    } else if (event instanceof SourceEvent.Note note) {
      clean = false;
      state.apply(note);
    } else if (event instanceof SourceEvent.TableChange change) {
      clean = false;
      if (gate.follows(change)) {
        state.apply(change);
      }
    } else {
      throw new IllegalStateException("Cannot follow " + event.getClass() + ": not for a lane.");
    }
  }

  private void stage(LaneEvent.Rows rows) throws SinkException, InterruptedException {
    TableName source = rows.source();
    ChangeBatch batch = rows.batch();
    if (ahead) {
      batch = HeldRows.without(batch, tidemark.lsn().value(), gate.copyBegan(source));
    }
    if (batch.size() > 0 && !gate.isRefused(source)) {
      try {
        tellDefinitions(); // the first rows beyond the tidemark may come before a boundary does
        stager.stage(batch);
      } catch (SinkException.Rejected e) {
        refuse(source, e);
      }
    }
  }

  /** A copy that is ahead was told newer ones than those that come again. */
  private void describe() throws SinkException, InterruptedException {
    if (!ahead) {
      tellDefinitions();
    }
  }

  private void tellDefinitions() throws SinkException, InterruptedException {
    for (Map.Entry<TableName, String> each : definitions.entrySet()) {
      sink.call(
          to -> {
            to.describe(each.getKey(), each.getValue());
            return null;
          });
    }
    definitions.clear();
  }

  private void prepare(LaneEvent.Form form) throws SinkException, InterruptedException {
    if (!gate.isRefused(form.source())) {
      try {
        stager.prepare(form.schema());
      } catch (SinkException.Rejected e) {
        refuse(form.source(), e);
      }
    }
  }

  private void repair(LaneEvent.Repair repair) throws SinkException, InterruptedException {
    try {
      stage(repair.rows());
      follow(repair.at());
      flush();
      repair.done().complete(tidemark);
    } catch (SinkException | RuntimeException | InterruptedException e) {
      repair.done().completeExceptionally(e);
      throw e;
    }
  }

  /** Leaves a table out from here on, in the same commit that lacks its rows. */
  private void refuse(TableName source, SinkException.Rejected why) {
    TableState now = state.tables().getOrDefault(source, TableState.waiting());
    Lsn at = boundary == null ? Lsn.ZERO : boundary.position().lsn();
    gate.refuse(source, now.attempt());
    named = null;
    state.apply(
        new SourceEvent.TableChange(
            source, now.out(TableState.Phase.FAILED, why.getMessage(), at)));
    listener.cannotHold(source, why.getMessage());
  }

  /** Where every table stands that has a name in the copy, by that name. */
  private SortedMap<TableName, TableState> copyTables() {
    if (named != null) {
      return named;
    }
    SortedMap<TableName, TableState> tables = new TreeMap<>();
    state
        .tables()
        .forEach(
            (source, now) -> listener.nameInCopy(source).ifPresent(name -> tables.put(name, now)));
    named = tables;
    return tables;
  }

  private void flush() throws SinkException, InterruptedException {
    if (hasUnsealed() || lastReady().filter(at -> at.equals(boundary.position())).isEmpty()) {
      ready.add(sealed());
    }
    List<Commit> commits = List.copyOf(ready);
    Commit last = commits.get(commits.size() - 1);
    sink.call(
        to -> {
          if (eachTransaction) {
            to.commitEach(commits);
          } else {
            to.commit(last);
          }
          return null;
        });
    ready.clear();
    sealedRows = 0;
    commits.stream()
        .flatMap(commit -> commit.changes().keySet().stream())
        .filter(key -> key.startsWith(Delivery.DETACHED))
        .forEach(stored::add);
    tidemark = last.tidemark();
    tidemarkMicros = last.committedAtMicros();
    commits.forEach(commit -> tally.committed(commit.staged()));
    policy.flushed(System.nanoTime());
    asks.answer(tidemark);
    listener.committed();
  }

  /** Ends a transaction that shall be seen by itself. */
  private void seal() throws SinkException, InterruptedException {
    if (eachTransaction && hasUnsealed() && boundary.position().covers(tidemark)) {
      ready.add(sealed());
    }
  }

  private Optional<Position> lastReady() {
    return ready.isEmpty() ? Optional.empty() : Optional.of(ready.get(ready.size() - 1).tidemark());
  }

  /** Whether there is anything but a position that no commit has which is ready. */
  private boolean hasUnsealed() {
    return policy.rows() > sealedRows || !state.changes().isEmpty();
  }

  /** Everything up to the boundary that no other commit has. */
  private Commit sealed() throws SinkException, InterruptedException {
    Position position = boundary.position();
    List<Staged> staged = sink.call(to -> to.seal(position));
    sealedRows = policy.rows();
    return new Commit(
        position, boundary.committedAtMicros(), staged, state.takeChanges(), copyTables());
  }
}
