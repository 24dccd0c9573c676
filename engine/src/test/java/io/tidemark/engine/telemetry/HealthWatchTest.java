package io.tidemark.engine.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.Upkeep;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HealthWatchTest {
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private final HealthWatch watch = new HealthWatch(Duration.ofMinutes(1));

  private static PipelineStatus status(String state, long captured, long lag, boolean connected) {
    return status(state, captured, lag, connected, "writing");
  }

  private static PipelineStatus status(
      String state, long captured, long lag, boolean connected, String sink) {
    return status(state, captured, lag, connected, sink, 0, 0, false);
  }

  private static PipelineStatus status(
      String state,
      long captured,
      long lag,
      boolean connected,
      String sink,
      long commits,
      long waitingBytes,
      boolean overBudget) {
    return new PipelineStatus(
        "p",
        state,
        "why",
        "0/10",
        "",
        captured,
        0,
        0,
        0,
        lag,
        0,
        "exact",
        new PipelineStatus.Slot(connected, "0/20", "0/10", "0/10", 1 << 20, overBudget, 0),
        List.of(),
        List.of(
            new PipelineStatus.SinkLine(
                "lake",
                "x",
                sink,
                "",
                "0/10",
                0,
                0,
                0,
                0,
                0,
                commits,
                "",
                waitingBytes,
                0,
                Upkeep.NONE,
                Loads.NONE,
                0)));
  }

  @Test
  void turnsRedWhenNothingMovesAlthoughTheSourceHas() {
    watch.look(status("running", 1, 16, true), 0);
    watch.look(status("running", 1, 16, true), 1);
    assertThat(watch.reasons()).isEmpty();
    watch.look(status("running", 1, 16, true), MINUTE + 1);
    assertThat(watch.reasons()).containsExactly("Nothing has moved although the source has.");
    watch.look(status("running", 2, 16, true), MINUTE + 2);
    assertThat(watch.reasons()).isEmpty();
  }

  @Test
  void turnsRedWhenRowsWaitForASinkThatTakesNoneWhileTheSourceMoves() {
    watch.look(status("running", 1, 16, true, "writing", 1, 100, false), 0);
    watch.look(status("running", 2, 32, true, "writing", 1, 200, false), 1);
    assertThat(watch.reasons()).isEmpty();
    watch.look(status("running", 3, 48, true, "writing", 1, 300, false), MINUTE + 1);
    assertThat(watch.reasons())
        .containsExactly("Sink lake takes nothing although rows wait for it.");
    watch.look(status("running", 4, 48, true, "writing", 2, 300, false), MINUTE + 2);
    assertThat(watch.reasons()).isEmpty();
  }

  /** A large transaction or a long copy: rows are taken for minutes, and nothing is committed. */
  @Test
  void staysGreenWhileASinkTakesOrWorksThoughNothingIsCommitted() {
    for (int i = 0; i < 20; i++) {
      watch.look(taking(1000L * i, 0), i * MINUTE / 2);
      assertThat(watch.reasons()).isEmpty();
    }
    for (int i = 20; i < 40; i++) {
      watch.look(taking(19_000, (i - 19) * 30), i * MINUTE / 2);
      assertThat(watch.reasons()).as("one long call").isEmpty();
    }
    for (int i = 50; i < 60; i++) {
      watch.look(taking(19_000, (i - 19) * 30), i * MINUTE / 2);
    }
    assertThat(watch.reasons())
        .as("a call that does not end")
        .containsExactly(
            "Sink lake takes nothing although rows wait for it.",
            "Nothing has moved although the source has.");
  }

  private static PipelineStatus taking(long rows, long callSeconds) {
    PipelineStatus status = status("running", 1, 99, true, "writing", 1, 100, false);
    PipelineStatus.SinkLine sink = status.sinks().get(0);
    return with(
        status,
        status.state(),
        status.problem(),
        new PipelineStatus.SinkLine(
            sink.name(),
            sink.type(),
            sink.state(),
            "",
            sink.tidemark(),
            rows,
            callSeconds,
            0,
            0,
            0,
            1,
            "",
            100,
            0,
            Upkeep.NONE,
            Loads.NONE,
            0));
  }

  private static PipelineStatus with(
      PipelineStatus status, String state, String problem, PipelineStatus.SinkLine sink) {
    return new PipelineStatus(
        status.pipeline(),
        state,
        problem,
        status.tidemark(),
        "",
        status.changesCaptured(),
        0,
        0,
        0,
        status.lagBytes(),
        0,
        "exact",
        status.slot(),
        List.of(),
        List.of(sink));
  }

  @Test
  void turnsRedWhileItBeginsAgainAndAgainWhateverTheReasonsWords() {
    PipelineStatus.SinkLine sink = status("running", 1, 0, true).sinks().get(0);
    for (int i = 0; i < 3; i++) {
      assertThat(watch.reasons()).isEmpty();
      watch.look(with(status("", 1, 0, true), "recovering", "attempt " + i, sink), i * MINUTE / 2);
    }
    assertThat(watch.reasons()).containsExactly("The pipeline begins again and again: attempt 2");
    watch.look(status("running", 2, 0, true), 2 * MINUTE);
    assertThat(watch.reasons()).isEmpty();
  }

  @Test
  void anIdleSourceIsNoReason() {
    for (long at = 0; at < 10 * MINUTE; at += MINUTE) {
      watch.look(status("running", 1, 0, true), at);
      assertThat(watch.reasons()).isEmpty();
    }
  }

  @Test
  void turnsRedWhenAnEndIsOutOfReachForLong() {
    watch.look(status("running", 1, 0, false, "retrying"), 0);
    watch.look(status("running", 2, 0, true, "retrying"), MINUTE / 2);
    watch.look(status("running", 3, 0, false, "retrying"), MINUTE);
    assertThat(watch.reasons()).containsExactly("Sink lake is not reached.");
    watch.look(status("running", 4, 0, false), 2 * MINUTE);
    assertThat(watch.reasons()).containsExactly("The source is not connected.");
  }

  @Test
  void turnsRedWhileTheSourceHoldsBackMoreThanItsBudget() {
    watch.look(status("running", 1, 0, true, "writing", 0, 0, true), 0);
    assertThat(watch.reasons()).isEmpty();
    watch.look(status("running", 2, 0, true, "writing", 0, 0, true), MINUTE);
    assertThat(watch.reasons())
        .containsExactly("The source holds back more of its log than wal-budget.");
    watch.look(status("running", 3, 0, true, "writing", 0, 0, false), MINUTE + 1);
    assertThat(watch.reasons()).isEmpty();
  }

  @Test
  void aFailureIsToldAtOnceAndAPauseIsNone() {
    watch.look(status("failed", 1, 0, true), 0);
    assertThat(watch.reasons()).containsExactly("The pipeline has failed: why");
    watch.look(status("paused", 1, 99, false), 9 * MINUTE);
    assertThat(watch.reasons()).isEmpty();
    watch.look(status("starting", 1, 0, false), 10 * MINUTE);
    watch.look(status("starting", 1, 0, false), 11 * MINUTE);
    assertThat(watch.reasons()).containsExactly("The pipeline does not start: why");
  }
}
