package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.api.source.SourceStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
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
  private final Map<NamedSink, Tally> sinks;
  private final StopSignal stop;
  private final Delivery delivery;
  private final Feed feed;
  private final Opening opening;
  private final List<Thread> threads = new ArrayList<>();

  /** Nothing beyond the position is taken before the time, see {@link System#nanoTime}. */
  private record Stay(Lsn position, long until) {}

  private record Asked(Repair repair, CompletableFuture<Position> done) {}

  private final Queue<Asked> repairs = new ConcurrentLinkedQueue<>();

  /** What the source said and the lanes have not got yet; null for nothing. */
  private SourceEvent taken;

  private volatile Stay stay = new Stay(Lsn.ZERO, System.nanoTime());
  private String whyAgain = "";
  private volatile boolean open;
  private volatile boolean paused;

  /** The source has ended, and what it gave is being committed. */
  private boolean drains;

  private volatile SourceStatus lastStatus = StatusView.NOT_OPEN;
  private Position confirmed = Position.NONE;

  PipelineRun(PipelineConfig config, ChangeSource source, PipelineParts parts) {
    this.config = config;
    this.source = source;
    this.sinks = parts.sinks();
    this.stop = parts.stop().part();
    this.delivery = new Delivery(config.buffer(), stop);
    this.feed = new Feed(source, parts.transforms(), delivery, config.policies().onFailedTable());
    this.opening = new Opening(parts, stop);
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
        return again(e.getMessage());
      }
      throw e;
    } finally {
      close();
    }
  }

  private void open() throws SinkException, InterruptedException {
    opening.open(sinks, config.policies().onReject());
    try {
      feed.resume(opening.plan().state(), opening::otherForm);
      if (opening.eachTransaction()) {
        source.request(new SourceRequest.EachTransaction());
      }
      source.open(opening.plan().resumePoint());
    } catch (RuntimeException e) {
      opening.close();
      throw e;
    }
    for (OpenSink sink : opening.opened()) {
      Lane lane = new Lane(sink, config, this);
      delivery.add(lane);
      Thread thread = new Thread(lane, "lane-" + lane.name());
      thread.setDaemon(true);
      threads.add(thread);
    }
    open = true;
    threads.forEach(Thread::start);
  }

  private void pump() throws InterruptedException {
    repair();
    if (paused || stays()) {
      stop.await(POLL);
      return;
    }
    if (drains) {
      if (delivery.lanes().stream().allMatch(Lane::isDrained)) {
        stop.request();
      } else {
        stop.await(POLL);
      }
      return;
    }
    if (taken == null) {
      taken = source.poll(POLL);
    }
    if (taken != null && !stays()) { // it may have been told to stay while this came
      SourceEvent event = taken;
      taken = null;
      feed.give(event);
      drains = event instanceof SourceEvent.End;
    }
  }

  private void repair() {
    for (Asked asked = repairs.poll(); asked != null; asked = repairs.poll()) {
      try {
        feed.repair(asked.repair(), asked.done());
      } catch (RuntimeException e) { // what was asked must not end the pipeline
        asked.done().completeExceptionally(e);
      }
    }
  }

  private boolean stays() {
    Stay now = stay;
    return System.nanoTime() - now.until() < 0 && !feed.boundary().isBefore(now.position());
  }

  private End ended() {
    for (Lane lane : delivery.lanes()) {
      if (lane.failure().isPresent()) {
        return outcome(lane.failure().get());
      }
    }
    return End.STOPPED;
  }

  private End again(String reason) {
    whyAgain = reason;
    LOG.warn("Begins again from what the destination holds: {}", reason);
    return End.AGAIN;
  }

  /** What ended this life, where another one is to follow. */
  String whyAgain() {
    return whyAgain;
  }

  private End outcome(Throwable failure) {
    if (failure instanceof SinkException.OutcomeUnknown
        || failure instanceof SinkException.RowsRejected
        || failure instanceof Stager.TransactionsRejected) {
      return again(failure.getMessage());
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
    repairs.forEach(
        asked -> asked.done().completeExceptionally(asked.repair().refused("the pipeline stops")));
    delivery.lanes().forEach(lane -> lane.handOver().wake());
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
      if (open) {
        lastStatus = source.status();
      }
      open = false;
      source.close();
    }
  }

  void stop() {
    stop.request();
  }

  void pause(boolean wanted) {
    paused = wanted;
  }

  /** Takes nothing from the source beyond a position for a time; zero ends it. */
  void stay(Lsn position, Duration longest) {
    stay = new Stay(position, System.nanoTime() + longest.toNanos());
  }

  /**
   * Gives a sink rows that mend its copy where the pipeline stays; told when they are committed.
   */
  CompletableFuture<Position> repair(Repair repair) {
    CompletableFuture<Position> done = new CompletableFuture<>();
    repairs.add(new Asked(repair, done));
    return done;
  }

  void request(SourceRequest request) {
    source.request(request);
  }

  /** How the source stands, or stood when this life ended. */
  SourceStatus sourceStatus() {
    return open ? source.status() : lastStatus;
  }

  /** Whether the source is open and lanes run. */
  boolean isOpen() {
    return open;
  }

  Delivery delivery() {
    return delivery;
  }

  Feed feed() {
    return feed;
  }

  @Override
  public void taken() {
    delivery.taken();
  }

  @Override
  public synchronized void committed() {
    Position lowest = null;
    for (Lane lane : delivery.lanes()) {
      lane.tally().forgetRejectedBelow(lane.tidemark().lsn());
      lowest = lowest == null ? lane.tidemark() : lowest.meet(lane.tidemark());
    }
    for (Lane lane : delivery.detached()) {
      String key = Delivery.DETACHED + lane.name();
      boolean told = delivery.lanes().stream().allMatch(other -> other.hasStored(key));
      lowest = told || lowest == null ? lowest : lowest.meet(lane.tidemark());
    }
    boolean whole =
        lowest != null && lowest.parts().values().stream().allMatch(place -> place != 0);
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
  public Optional<TableName> nameInCopy(TableName source) {
    return feed.nameInCopy(source);
  }

  @Override
  public void ended(Lane lane) {
    if (lane.failure().isPresent() && delivery.lanes().contains(lane)) {
      stop.request();
    }
  }
}
