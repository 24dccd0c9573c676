package io.tidemark.engine.telemetry;

import io.tidemark.engine.pipeline.PipelineStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells whether a pipeline is well, from looks at its status. What is wrong for a moment only,
 * while it reconnects or tries again, is not told before {@code patience} has passed.
 */
final class HealthWatch {
  /** What moves when anything does. */
  private record Movement(String received, long captured, String tidemark, List<Progress> sinks) {
    static Movement of(PipelineStatus status) {
      return new Movement(
          status.slot().received(),
          status.changesCaptured(),
          status.tidemark(),
          status.sinks().stream().map(Progress::of).toList());
    }
  }

  /** What moves when a sink takes anything. */
  private record Progress(String tidemark, long rowsTaken, long commits) {
    static Progress of(PipelineStatus.SinkLine sink) {
      return new Progress(sink.tidemark(), sink.rowsTaken(), sink.commits());
    }
  }

  /** What is wrong: what it is, however its words change, and the words. */
  private record Wrong(String what, String words) {}

  /**
   * A destination that makes much visible at once may work for long in one call; one that has not
   * answered by then stands.
   */
  private static final Duration LONGEST_CALL = Duration.ofMinutes(15);

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
    List<Wrong> wrong = new ArrayList<>();
    switch (status.state()) {
      case "starting" -> wrong.add(told("The pipeline does not start", status));
      case "recovering" -> wrong.add(told("The pipeline begins again and again", status));
      case "running" -> running(status, wrong);
      default -> {}
    }
    last = Movement.of(status);
    since.keySet().retainAll(wrong.stream().map(Wrong::what).toList());
    List<String> lasting = new ArrayList<>();
    for (Wrong each : wrong) {
      if (nanoTime - since.computeIfAbsent(each.what(), what -> nanoTime) >= patience.toNanos()) {
        lasting.add(each.words());
      }
    }
    if (status.state().equals("failed")) {
      lasting.add(told("The pipeline has failed", status).words());
    }
    reasons = List.copyOf(lasting);
  }

  private void running(PipelineStatus status, List<Wrong> wrong) {
    if (!status.slot().connected()) {
      wrong.add(plain("The source is not connected."));
    }
    if (status.slot().overBudget()) {
      wrong.add(plain("The source holds back more of its log than wal-budget."));
    }
    for (PipelineStatus.SinkLine sink : status.sinks()) {
      if (sink.state().equals("retrying")) {
        wrong.add(plain("Sink " + sink.name() + " is not reached."));
      }
      Progress now = Progress.of(sink);
      boolean waiting = sink.waitingBytes() + sink.spilledBytes() > 0;
      if (now.equals(progress.put(sink.name(), now)) && waiting && !works(sink)) {
        wrong.add(plain("Sink " + sink.name() + " takes nothing although rows wait for it."));
      }
    }
    boolean works = status.sinks().stream().anyMatch(HealthWatch::works);
    if (status.lagBytes() > 0 && Movement.of(status).equals(last) && !works) {
      wrong.add(plain("Nothing has moved although the source has."));
    }
  }

  private static boolean works(PipelineStatus.SinkLine sink) {
    return sink.callSeconds() > 0 && sink.callSeconds() < LONGEST_CALL.toSeconds();
  }

  private static Wrong plain(String words) {
    return new Wrong(words, words);
  }

  private static Wrong told(String what, PipelineStatus status) {
    return new Wrong(what, what + ": " + orSilent(status.problem()));
  }

  private static String orSilent(String problem) {
    return problem.isEmpty() ? "it does not say why." : problem;
  }

  /** Why the pipeline is not well; empty when it is. */
  synchronized List<String> reasons() {
    return reasons;
  }
}
