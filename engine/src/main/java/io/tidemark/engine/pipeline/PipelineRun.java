package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.api.source.SourceStatus;
import io.tidemark.engine.state.StateTracker;
import io.tidemark.engine.transform.TransformChain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a pipeline, from opening its sinks to closing them. A life ends when a stop is asked
 * for, when something fails for good, or when an outcome is unknown; then the next life looks at
 * what the destinations hold, as after a crash.
 */
final class PipelineRun implements LaneListener {
  /** How a life ended. */
  enum End {
    STOPPED,
    /** To be followed by another life. */
    AGAIN
  }

  private static final Logger LOG = LoggerFactory.getLogger(PipelineRun.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long JOIN_MILLIS = 7_500;

  private final PipelineConfig config;
  private final ChangeSource source;
  private final TransformChain transforms;
  private final Map<NamedSink, Tally> sinks;
  private final StopSignal stop = new StopSignal();
  private final Semaphore room = new Semaphore(0);
  private final List<Lane> lanes = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final SortedMap<TableName, TableState> tables = new ConcurrentSkipListMap<>();
  private final SortedMap<TableName, TableName> copyNames = new ConcurrentSkipListMap<>();
  private volatile List<Lane> running = List.of();
  private volatile String partition = "source";
  private volatile boolean paused;
  private volatile SourceStatus lastStatus;
  private Position confirmed = Position.NONE;

  PipelineRun(
      PipelineConfig config,
      ChangeSource source,
      TransformChain transforms,
      Map<NamedSink, Tally> sinks) {
    this.config = config;
    this.source = source;
    this.transforms = transforms;
    this.sinks = sinks;
  }

  /** Lives; returns or throws when everything is closed. */
  End run() throws InterruptedException {
    try {
      open();
      while (!stop.requested()) {
        pump();
      }
      return ended();
    } catch (SteadySink.GivenUp e) {
      return End.STOPPED;
    } catch (SinkException e) {
      return outcome(e);
    } catch (TidemarkException e) {
      if (e.code().retryable()) {
        LOG.warn("Begins again from the last commit: {}", e.getMessage());
        return End.AGAIN;
      }
      throw e;
    } finally {
      close();
    }
  }

  private void open() throws SinkException, InterruptedException {
    List<SteadySink> opened = new ArrayList<>();
    List<SinkState> states = new ArrayList<>();
    try {
      for (NamedSink named : sinks.keySet()) {
        SteadySink sink = new SteadySink(named.name(), named.factory().get(), stop);
        opened.add(sink);
        states.add(sink.call(each -> each.open()));
      }
      ResumePlan plan = ResumePlan.of(states);
      tables.putAll(plan.state().tables());
      plan.state().newestSchemas().values().forEach(this::learnName);
      makeLanes(plan, opened, states);
    } catch (SinkException | RuntimeException | InterruptedException e) {
      opened.forEach(sink -> sink.sink().close());
      throw e;
    }
  }

  private void makeLanes(ResumePlan plan, List<SteadySink> opened, List<SinkState> states) {
    int at = 0;
    for (Map.Entry<NamedSink, Tally> sink : sinks.entrySet()) {
      SinkState state = states.get(at);
      lanes.add(
          new Lane(
              new OpenSink(
                  sink.getKey().name(),
                  opened.get(at),
                  state.tidemark(),
                  new StateTracker(plan.state(), state.entries()),
                  !plan.position().covers(state.tidemark()),
                  sink.getValue()),
              config,
              stop,
              this));
      at++;
    }
    source.open(plan.resumePoint());
    for (Lane lane : lanes) {
      Thread thread = new Thread(lane, "lane-" + lane.name());
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    running = List.copyOf(lanes);
  }

  private void pump() throws InterruptedException {
    if (paused) {
      stop.await(POLL);
      return;
    }
    SourceEvent event = source.poll(POLL);
    if (event == null) {
      return;
    }
    if (event instanceof SourceEvent.Changes changes) {
      ChangeBatch batch = changes.batch();
      if (transforms.schema(batch.schema()).isPresent()) {
        deliver(new LaneEvent.Rows(batch.table(), transforms.apply(batch)));
      }
      return;
    }
    if (event instanceof SourceEvent.TableChange change) {
      tables.put(change.table(), change.state());
      tableChanged(change);
    }
    if (event instanceof SourceEvent.Boundary boundary) {
      partition = boundary.position().parts().firstKey();
    }
    deliver(new LaneEvent.Said(event));
    if (event instanceof SourceEvent.SchemaChange change) {
      learnName(change.schema());
      transforms
          .schema(change.schema())
          .ifPresent(form -> running.forEach(lane -> put(lane, change, form)));
    }
  }

  private static void put(
      Lane lane, SourceEvent.SchemaChange change, io.tidemark.api.model.TableSchema form) {
    lane.handOver().put(new LaneEvent.Form(change.schema().name(), form));
  }

  private void learnName(io.tidemark.api.model.TableSchema schema) {
    transforms.schema(schema).ifPresent(form -> copyNames.put(schema.name(), form.name()));
  }

  private void tableChanged(SourceEvent.TableChange change) {
    if (change.state().phase() != TableState.Phase.FAILED) {
      return;
    }
    String reason = change.state().reason().orElse("no reason was given");
    LOG.error("Table {} has left the copy: {}", change.table(), reason);
    if (config.policies().onFailedTable() == PipelineConfig.OnFailedTable.STOP) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot follow table "
              + change.table()
              + ": "
              + reason
              + " The pipeline stops because on-failed-table is 'stop'.");
    }
  }

  /** Gives an event to every lane, waiting while none has room. */
  private void deliver(LaneEvent event) throws InterruptedException {
    if (event instanceof LaneEvent.Rows) {
      while (!stop.requested() && running.stream().anyMatch(lane -> !lane.handOver().hasRoom())) {
        room.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS);
        room.drainPermits();
      }
    }
    running.forEach(lane -> lane.handOver().put(event));
  }

  private End ended() {
    for (Lane lane : running) {
      if (lane.failure().isPresent()) {
        return outcome(lane.failure().get());
      }
    }
    return End.STOPPED;
  }

  private static End outcome(Throwable failure) {
    if (failure instanceof SinkException.OutcomeUnknown) {
      LOG.warn("Looks at what the destination holds: {}", failure.getMessage());
      return End.AGAIN;
    }
    if (failure instanceof SinkException.Fenced) {
      throw new TidemarkException(ErrorCode.FENCED, failure.getMessage(), failure);
    }
    if (failure instanceof TidemarkException known) {
      throw known;
    }
    throw new TidemarkException(
        ErrorCode.INTERNAL,
        "Cannot go on: "
            + failure
            + ". This is a defect of Tidemark; please report it with the stack trace.",
        failure);
  }

  private void close() throws InterruptedException {
    stop.request();
    running.forEach(lane -> lane.handOver().wake());
    try {
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_MILLIS);
      for (Thread thread : threads) {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime())));
        if (thread.isAlive()) {
          LOG.warn("{} does not end in time and is left behind.", thread.getName());
          thread.interrupt();
        }
      }
    } finally {
      if (!running.isEmpty()) {
        lastStatus = source.status();
      }
      source.close();
    }
  }

  void stop() {
    stop.request();
  }

  void pause(boolean wanted) {
    paused = wanted;
  }

  void request(SourceRequest request) {
    source.request(request);
  }

  /** Whether the source is open, so that it can tell its status. */
  boolean isOpen() {
    return !running.isEmpty() && lastStatus == null;
  }

  /** How the source stood when this life ended. */
  SourceStatus lastStatus() {
    return lastStatus == null ? StatusView.NOT_OPEN : lastStatus;
  }

  /** A place in the source's log as the source's positions say it. */
  Position position(Lsn place) {
    return Position.of(partition, place);
  }

  /** Whether the source is open and lanes run. */
  boolean isRunning() {
    return !running.isEmpty() && !stop.requested();
  }

  List<Lane> lanes() {
    return running;
  }

  ChangeSource source() {
    return source;
  }

  SortedMap<TableName, TableState> tables() {
    return tables;
  }

  /** The name that a table has in the copies; the same where no transform says otherwise. */
  TableName copyName(TableName table) {
    return copyNames.getOrDefault(table, table);
  }

  @Override
  public void taken() {
    room.release();
  }

  @Override
  public synchronized void committed() {
    Position lowest = running.isEmpty() ? lanes.get(0).tidemark() : running.get(0).tidemark();
    for (Lane lane : lanes) {
      lowest = lowest.meet(lane.tidemark());
    }
    boolean whole = lowest.parts().values().stream().allMatch(place -> place != 0);
    if (whole && lowest.covers(confirmed) && !lowest.equals(confirmed)) {
      confirmed = lowest;
      source.confirm(lowest);
    }
  }

  @Override
  public void cannotHold(TableName source, String reason) {
    request(new SourceRequest.Fail(source, reason));
  }

  @Override
  public void ended(Lane lane) {
    if (lane.failure().isPresent()) {
      stop.request();
    }
  }
}
