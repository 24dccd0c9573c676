package io.tidemark.engine.pipeline;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Loads;
import io.tidemark.api.sink.Upkeep;
import io.tidemark.api.source.SourceStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Puts the status of a pipeline together over its lives. Any thread. */
final class StatusView {
  static final SourceStatus NOT_OPEN =
      new SourceStatus(
          false,
          Lsn.ZERO,
          Lsn.ZERO,
          Lsn.ZERO,
          -1,
          false,
          0,
          0,
          0,
          SourceStatus.SchemaGrade.UNKNOWN,
          Optional.empty());

  private final String name;
  private final Map<NamedSink, Tally> sinks;
  private final List<NamedSink> order;
  private final Set<String> leftBehind = ConcurrentHashMap.newKeySet();

  /** Why it begins again, until something is committed. */
  private record Trouble(String reason, long commits) {}

  private volatile Trouble trouble = new Trouble("", -1);
  private volatile String end = "";
  private volatile String failure = "";
  private volatile long capturedBefore;
  private volatile SourceStatus last = NOT_OPEN;

  StatusView(String name, Map<NamedSink, Tally> sinks, List<NamedSink> order) {
    this.name = name;
    this.sinks = sinks;
    this.order = List.copyOf(order);
  }

  /** A life is over: its counts stay. */
  void ended(PipelineRun life) {
    last = life.sourceStatus();
    capturedBefore += last.changesCaptured();
  }

  /** It begins again, because of something that may heal. */
  void beginsAgain(String reason) {
    trouble = new Trouble(reason, commits());
  }

  private long commits() {
    return sinks.values().stream().mapToLong(Tally::commits).sum();
  }

  private boolean recovers() {
    return trouble.commits() == commits();
  }

  void stopped() {
    end = "stopped";
  }

  void failed(String message) {
    end = "failed";
    failure = message;
  }

  PipelineStatus of(PipelineRun life, boolean paused, boolean stopping) {
    boolean open = life != null && life.isOpen();
    SourceStatus source = open ? life.sourceStatus() : last;
    List<Lane> lanes = life == null ? List.of() : life.delivery().lanes();
    Position tidemark =
        lanes.stream().map(Lane::tidemark).reduce(Position::meet).orElse(Position.NONE);
    long micros = lanes.stream().mapToLong(Lane::tidemarkMicros).min().orElse(0);
    List<PipelineStatus.SinkLine> lines = new ArrayList<>();
    if (life != null) {
      life.delivery().detached().forEach(lane -> leftBehind.add(lane.name()));
    }
    order.forEach(sink -> lines.add(line(sink, sinks.get(sink), lanes)));
    return new PipelineStatus(
        name,
        state(open, paused, stopping),
        problem(life, source),
        tidemark.toString(),
        micros == 0 ? "" : instant(micros).toString(),
        capturedBefore + (open ? source.changesCaptured() : 0),
        sinks.values().stream().mapToLong(Tally::rows).sum(),
        sinks.values().stream().mapToLong(Tally::files).sum(),
        sinks.values().stream().mapToLong(Tally::bytes).sum(),
        Math.max(0, source.head().minus(tidemark.lsn())),
        lagSeconds(source, micros),
        grade(source),
        slot(source),
        life == null ? List.of() : tables(life, tidemark),
        lines);
  }

  private String state(boolean open, boolean paused, boolean stopping) {
    if (!end.isEmpty()) {
      return end;
    }
    if (stopping) {
      return "stopping";
    }
    if (open && paused) {
      return "paused";
    }
    return recovers() ? "recovering" : open ? "running" : "starting";
  }

  private String problem(PipelineRun life, SourceStatus source) {
    if (!failure.isEmpty()) {
      return failure;
    }
    if (recovers()) {
      return trouble.reason();
    }
    return source
        .problem()
        .or(() -> life == null ? Optional.empty() : life.delivery().problem())
        .orElse("");
  }

  private static double lagSeconds(SourceStatus source, long tidemarkMicros) {
    if (source.lastCommitMicros() <= tidemarkMicros || tidemarkMicros == 0) {
      return 0;
    }
    return Math.max(0, System.currentTimeMillis() - tidemarkMicros / 1000) / 1000.0;
  }

  private static String grade(SourceStatus source) {
    return source.grade() == SourceStatus.SchemaGrade.UNKNOWN
        ? ""
        : source.grade().name().toLowerCase(Locale.ROOT);
  }

  private static PipelineStatus.Slot slot(SourceStatus source) {
    return new PipelineStatus.Slot(
        source.connected(),
        source.head().toString(),
        source.received().toString(),
        source.durable().toString(),
        source.retained(),
        source.overBudget(),
        source.spilledBytes());
  }

  private List<PipelineStatus.Table> tables(PipelineRun life, Position tidemark) {
    List<PipelineStatus.Table> lines = new ArrayList<>();
    for (Map.Entry<TableName, TableState> table : life.feed().tables().entrySet()) {
      TableState state = table.getValue();
      TableName copy = life.feed().copyName(table.getKey());
      lines.add(
          new PipelineStatus.Table(
              copy.toString(),
              word(state, tidemark),
              state.attempt(),
              sinks.values().stream().mapToLong(tally -> tally.rows(copy)).max().orElse(0),
              state.rowsCopied(),
              state.rowsExpected(),
              state.reason().orElseGet(() -> aside(copy, life))));
    }
    return lines;
  }

  /** The source is ahead of its copies: a table is no member before they hold what makes it one. */
  private static String word(TableState state, Position tidemark) {
    return state.phase() == TableState.Phase.MEMBER && tidemark.lsn().isBefore(state.since())
        ? TableState.Phase.CATCHING_UP.word()
        : state.word();
  }

  /** Says how many rows the copies lack although the table is a member. */
  private static String aside(TableName copy, PipelineRun life) {
    long most =
        life.delivery().lanes().stream()
            .mapToLong(lane -> lane.letters().count(copy))
            .max()
            .orElse(0);
    return most == 0 ? "" : most + " rows were not taken by a sink and wait as dead letters.";
  }

  private PipelineStatus.SinkLine line(NamedSink sink, Tally tally, List<Lane> lanes) {
    Optional<Lane> lane =
        lanes.stream().filter(each -> each.name().equals(sink.name())).findFirst();
    String problem = lane.flatMap(Lane::problem).orElse("");
    return new PipelineStatus.SinkLine(
        sink.name(),
        sink.type(),
        lane.isPresent()
            ? problem.isEmpty() ? "writing" : "retrying"
            : leftBehind.contains(sink.name()) ? "detached" : "opening",
        problem,
        lane.map(Lane::tidemark).orElse(Position.NONE).toString(),
        tally.taken(),
        lane.map(each -> each.inCall().toSeconds()).orElse(0L),
        tally.rows(),
        tally.files(),
        tally.bytes(),
        tally.commits(),
        tally.lastCommitMillis() == 0
            ? ""
            : Instant.ofEpochMilli(tally.lastCommitMillis()).toString(),
        lane.map(each -> each.handOver().bytes()).orElse(0L),
        lane.map(each -> each.handOver().spilledBytes()).orElse(0L),
        lane.map(Lane::upkeep).orElse(Upkeep.NONE),
        lane.map(Lane::loads).orElse(Loads.NONE),
        lane.map(each -> each.letters().count()).orElse(0L));
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, java.time.temporal.ChronoUnit.MICROS);
  }
}
