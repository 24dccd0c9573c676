package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives what the source says to every lane. Reading goes at the pace of the fastest lane: while one
 * has room, rows for the others are spilled to disk; while none has, reading waits, for nothing
 * would be won by spilling. What happens when a slow lane may spill no more is {@code on-lag}.
 */
final class Delivery {
  /** Key of the state entry that names a sink which was left behind. */
  static final String DETACHED = "detached/";

  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final Duration LOOK = Duration.ofMillis(100);

  private final PipelineConfig.Buffer config;
  private final StopSignal stop;
  private final List<Lane> lanes = new CopyOnWriteArrayList<>();
  private final List<Lane> detached = new CopyOnWriteArrayList<>();
  private final Semaphore room = new Semaphore(0);
  private volatile String waitingFor;

  Delivery(PipelineConfig.Buffer config, StopSignal stop) {
    this.config = config;
    this.stop = stop;
  }

  void add(Lane lane) {
    lanes.add(lane);
  }

  /** The lanes that are fed. */
  List<Lane> lanes() {
    return lanes;
  }

  /** The lanes that were left behind in this life. */
  List<Lane> detached() {
    return detached;
  }

  /** A lane has taken an event. */
  void taken() {
    if (room.availablePermits() == 0) {
      room.release(); // one is enough, and they must not add up while nobody waits
    }
  }

  /** Why reading waits, in words for the user. */
  Optional<String> problem() {
    return Optional.ofNullable(waitingFor)
        .map(lane -> "Reading waits for sink " + lane + ": no more may be spilled to local disk.");
  }

  void event(LaneEvent event) {
    lanes.forEach(lane -> lane.handOver().put(event));
  }

  void rows(LaneEvent.Rows rows) throws InterruptedException {
    while (!stop.requested() && lanes.stream().noneMatch(lane -> lane.handOver().hasRoom())) {
      awaitRoom();
    }
    for (Lane lane : lanes) {
      if (lane.handOver().hasRoom() || stop.requested()) {
        lane.handOver().put(rows);
      } else if (!lane.handOver().spill(rows)) {
        lagging(lane, rows);
      }
    }
  }

  private void lagging(Lane lane, LaneEvent.Rows rows) throws InterruptedException {
    waitingFor = lane.name();
    switch (config.onLag()) {
      case HOLD -> hold(lane, rows);
      case DETACH -> detach(lane);
      case STOP ->
          throw new TidemarkException(
              ErrorCode.LIMIT_EXCEEDED,
              "Cannot keep up with the source: sink "
                  + lane.name()
                  + " is behind and no more may be spilled to local disk. Mend the sink, or raise"
                  + " spill.max-bytes; the pipeline stops because on-lag is 'stop'.");
    }
  }

  private void hold(Lane lane, LaneEvent.Rows rows) throws InterruptedException {
    LOG.warn("Reading waits for sink {}: no more may be spilled to local disk.", lane.name());
    boolean given = false;
    while (!given) {
      awaitRoom();
      if (lane.handOver().hasRoom() || stop.requested()) {
        lane.handOver().put(rows);
        given = true;
      } else {
        given = lane.handOver().spill(rows);
      }
    }
    waitingFor = null;
  }

  private void awaitRoom() throws InterruptedException {
    if (room.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
      room.drainPermits();
    }
  }

  /** Leaves a lane behind; the others' state says so before the source forgets what it lacks. */
  private void detach(Lane lane) {
    waitingFor = null;
    LOG.error(
        "Sink {} is left behind at {}: no more may be spilled to local disk. It comes back by a new"
            + " copy when the pipeline is started again.",
        lane.name(),
        lane.tidemark());
    lanes.remove(lane);
    detached.add(lane);
    lane.abandon();
    event(new LaneEvent.Entry(DETACHED + lane.name(), Optional.of(lane.tidemark().toString())));
  }
}
