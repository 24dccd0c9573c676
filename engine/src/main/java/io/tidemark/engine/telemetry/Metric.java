package io.tidemark.engine.telemetry;

import io.tidemark.api.model.Lsn;
import io.tidemark.engine.pipeline.PipelineStatus;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A metric of a pipeline, declared once: the registry, the reference page and the tests go by
 * these.
 *
 * @param name dotted; Prometheus sees underscores, and {@code _total} behind a counter
 * @param kind whether it only grows
 * @param description one sentence
 * @param value read from a status
 */
record Metric(String name, Kind kind, String description, ToDoubleFunction<PipelineStatus> value) {

  /** Whether a metric only grows. */
  enum Kind {
    /** Grows only, from 0 when the process starts. */
    COUNTER,
    /** Goes up and down. */
    GAUGE
  }

  /** A metric that each sink has, with the tag {@code sink}. */
  record OfSink(
      String name,
      Kind kind,
      String description,
      ToDoubleFunction<PipelineStatus.SinkLine> value) {}

  private static Metric counter(
      String name, String description, ToDoubleFunction<PipelineStatus> value) {
    return new Metric("tidemark." + name, Kind.COUNTER, description, value);
  }

  private static Metric gauge(
      String name, String description, ToDoubleFunction<PipelineStatus> value) {
    return new Metric("tidemark." + name, Kind.GAUGE, description, value);
  }

  /** Metrics of the pipeline as a whole. */
  static final List<Metric> ALL =
      List.of(
          gauge(
              "up",
              "1 while the pipeline runs, 0 while it starts, recovers, is paused, stops or has failed.",
              status -> status.state().equals("running") ? 1 : 0),
          counter(
              "changes.captured",
              "Rows that the source has given, those of snapshots included.",
              PipelineStatus::changesCaptured),
          counter("rows.written", "Rows committed, over all sinks.", PipelineStatus::rowsWritten),
          counter("files.written", "Files committed, over all sinks.", PipelineStatus::files),
          counter("bytes.written", "Bytes committed, over all sinks.", PipelineStatus::bytes),
          gauge(
              "lag.bytes",
              "Log between the lowest tidemark of the sinks and the head of the source.",
              PipelineStatus::lagBytes),
          gauge(
              "lag.seconds",
              "Age of the newest known change that is not committed everywhere; 0 when all are.",
              PipelineStatus::lagSeconds),
          gauge(
              "source.connected",
              "1 while changes are being read, else 0.",
              status -> status.slot().connected() ? 1 : 0),
          gauge(
              "source.head.lsn",
              "End of the source's log, in bytes since it began.",
              status -> lsn(status.slot().head())),
          gauge(
              "source.received.lsn",
              "Up to where the log was read.",
              status -> lsn(status.slot().received())),
          gauge(
              "source.durable.lsn",
              "Up to where the source may forget.",
              status -> lsn(status.slot().durable())),
          gauge(
              "source.retained.bytes",
              "Log that the source holds back for this pipeline; -1 when not known.",
              status -> status.slot().retainedBytes()),
          gauge(
              "source.over.budget",
              "1 while that is more than wal-budget, else 0.",
              status -> status.slot().overBudget() ? 1 : 0),
          gauge(
              "source.spilled.bytes",
              "Unfinished transactions on local disk.",
              status -> status.slot().spilledBytes()),
          gauge(
              "tables.members",
              "Tables that equal the source at the tidemark.",
              status -> tables(status, "member")),
          gauge(
              "tables.copying",
              "Tables that wait for their copy, are copied or catch up.",
              status ->
                  tables(status, "waiting")
                      + tables(status, "copying")
                      + tables(status, "catching-up")),
          gauge("tables.failed", "Tables that have failed.", status -> tables(status, "failed")),
          gauge(
              "tables.left.out",
              "Tables that are paused or detached.",
              status -> tables(status, "paused") + tables(status, "detached")));

  /** Metrics of each sink. */
  static final List<OfSink> OF_SINK =
      List.of(
          new OfSink(
              "tidemark.sink.rows.written",
              Kind.COUNTER,
              "Rows committed to the sink.",
              PipelineStatus.SinkLine::rowsWritten),
          new OfSink(
              "tidemark.sink.files.written",
              Kind.COUNTER,
              "Files committed to the sink.",
              PipelineStatus.SinkLine::files),
          new OfSink(
              "tidemark.sink.bytes.written",
              Kind.COUNTER,
              "Bytes committed to the sink.",
              PipelineStatus.SinkLine::bytes),
          new OfSink(
              "tidemark.sink.commits",
              Kind.COUNTER,
              "Commits made to the sink, empty ones included.",
              PipelineStatus.SinkLine::commits),
          new OfSink(
              "tidemark.sink.tidemark.lsn",
              Kind.GAUGE,
              "The sink's tidemark, in bytes since the log began.",
              sink -> lsn(sink.tidemark())),
          new OfSink(
              "tidemark.sink.retrying",
              Kind.GAUGE,
              "1 while the sink waits to try again, else 0.",
              sink -> sink.state().equals("retrying") ? 1 : 0),
          new OfSink(
              "tidemark.sink.waiting.bytes",
              Kind.GAUGE,
              "What waits in memory for the sink.",
              PipelineStatus.SinkLine::waitingBytes),
          new OfSink(
              "tidemark.sink.spilled.bytes",
              Kind.GAUGE,
              "What waits on local disk for the sink.",
              PipelineStatus.SinkLine::spilledBytes),
          new OfSink(
              "tidemark.sink.upkeep.seconds",
              Kind.GAUGE,
              "How long the sink's last work beside commits took, the file that a DuckDB sink makes"
                  + " for readers for instance; it does not commit meanwhile.",
              sink -> sink.upkeep().seconds()),
          new OfSink(
              "tidemark.sink.upkeep.bytes",
              Kind.GAUGE,
              "How much that wrote.",
              sink -> sink.upkeep().bytes()),
          new OfSink(
              "tidemark.sink.dead.letters",
              Kind.GAUGE,
              "Rows that the sink did not take and that wait.",
              PipelineStatus.SinkLine::deadLetters),
          new OfSink(
              "tidemark.sink.loads",
              Kind.COUNTER,
              "Commits that loaded rows, where the destination bills its work (Snowflake).",
              sink -> sink.loads().count()),
          new OfSink(
              "tidemark.sink.load.seconds",
              Kind.COUNTER,
              "Seconds for which these kept a warehouse at work.",
              sink -> sink.loads().sum().seconds()),
          new OfSink(
              "tidemark.sink.load.statements",
              Kind.COUNTER,
              "Statements that the destination executed for these.",
              sink -> sink.loads().sum().statements()),
          new OfSink(
              "tidemark.sink.load.rows",
              Kind.COUNTER,
              "Rows that these loaded.",
              sink -> sink.loads().sum().rows()),
          new OfSink(
              "tidemark.sink.load.bytes",
              Kind.COUNTER,
              "Bytes of the files that these loaded.",
              sink -> sink.loads().sum().bytes()));

  private static double tables(PipelineStatus status, String state) {
    return status.tables().stream().filter(table -> table.state().equals(state)).count();
  }

  private static double lsn(String text) {
    return text.contains(",") ? 0 : Lsn.parse(text).value();
  }
}
