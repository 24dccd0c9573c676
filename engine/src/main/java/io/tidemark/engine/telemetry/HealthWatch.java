package io.tidemark.engine.telemetry;

import io.tidemark.engine.pipeline.PipelineStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tells whether a pipeline is well, from looks at its status. What is wrong for a moment only,
 * while it reconnects or tries again, is not told before {@code patience} has passed.
 */
final class HealthWatch {
  /** What moves when anything does. */
  private record Movement(
      String received, long captured, String tidemark, long rowsWritten, long commits) {
    static Movement of(PipelineStatus status) {
      return new Movement(
          status.slot().received(),
          status.changesCaptured(),
          status.tidemark(),
          status.rowsWritten(),
          status.sinks().stream().mapToLong(PipelineStatus.SinkLine::commits).sum());
    }
  }

  /** What moves when a sink takes anything. */
  private record Progress(String tidemark, long rowsWritten, long commits) {
    static Progress of(PipelineStatus.SinkLine sink) {
      return new Progress(sink.tidemark(), sink.rowsWritten(), sink.commits());
    }
  }

  private final Duration patience;
  private final Map<String, Progress> progress = new HashMap<>();
  private final Map<String, Long> since = new HashMap<>();
  private Movement last;
  private List<String> reasons = List.of();

  HealthWatch(Duration patience) {
    this.patience = patience;
  }

  /**
   * Looks at a status.
   *
   * @param nanoTime when it was taken
   */
  synchronized void look(PipelineStatus status, long nanoTime) {
    Set<String> wrong = new TreeSet<>();
    if (status.state().equals("starting")) {
      wrong.add("The pipeline does not start: " + orSilent(status.problem()));
    } else if (status.state().equals("running")) {
      running(status, wrong);
    }
    last = Movement.of(status);
    since.keySet().retainAll(wrong);
    wrong.forEach(reason -> since.putIfAbsent(reason, nanoTime));
    List<String> lasting = new ArrayList<>();
    for (String reason : wrong) {
      if (nanoTime - since.get(reason) >= patience.toNanos()) {
        lasting.add(reason);
      }
    }
    if (status.state().equals("failed")) {
      lasting.add("The pipeline has failed: " + orSilent(status.problem()));
    }
    reasons = List.copyOf(lasting);
  }

  private void running(PipelineStatus status, Set<String> wrong) {
    if (!status.slot().connected()) {
      wrong.add("The source is not connected.");
    }
    if (status.slot().overBudget()) {
      wrong.add("The source holds back more of its log than wal-budget.");
    }
    for (PipelineStatus.SinkLine sink : status.sinks()) {
      if (sink.state().equals("retrying")) {
        wrong.add("Sink " + sink.name() + " is not reached.");
      }
      Progress now = Progress.of(sink);
      boolean waiting = sink.waitingBytes() + sink.spilledBytes() > 0;
      if (now.equals(progress.put(sink.name(), now)) && waiting) {
        wrong.add("Sink " + sink.name() + " takes nothing although rows wait for it.");
      }
    }
    if (status.lagBytes() > 0 && Movement.of(status).equals(last)) {
      wrong.add("Nothing has moved although the source has.");
    }
  }

  private static String orSilent(String problem) {
    return problem.isEmpty() ? "it does not say why." : problem;
  }

  /** Why the pipeline is not well; empty when it is. */
  synchronized List<String> reasons() {
    return reasons;
  }
}
