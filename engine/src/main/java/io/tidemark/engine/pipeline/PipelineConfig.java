package io.tidemark.engine.pipeline;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a pipeline can be told, apart from its source, sinks and transforms.
 *
 * @param name what status, metrics and logs call it
 * @param dataDir its folder for local files: the control endpoint's address, spilled batches
 * @param flush when lanes commit
 * @param buffer how much waits between source and lanes
 * @param policies what happens when something cannot be followed
 * @param metrics where the metrics endpoint listens; empty for none
 */
public record PipelineConfig(
    String name,
    Path dataDir,
    Flush flush,
    Buffer buffer,
    Policies policies,
    Optional<Metrics> metrics) {

  /**
   * When a lane commits, always at a boundary of the source.
   *
   * @param interval time between commits while rows come
   * @param largestInterval how far the interval may stretch where many tables get few rows
   * @param bytes commits earlier when this much is staged, in bytes of memory
   * @param rows commits earlier when this many rows are staged
   * @param minFileBytes a table with less staged counts as small; many small ones stretch the
   *     interval
   * @param idle time between empty commits that let an idle source forget its log
   */
  public record Flush(
      Duration interval,
      Duration largestInterval,
      long bytes,
      long rows,
      long minFileBytes,
      Duration idle) {}

  /**
   * How much waits between the source and a lane.
   *
   * @param memoryBytes in memory, for each lane
   * @param spillBytes on local disk, for all lanes together
   * @param minFreeBytes what must stay free on that disk
   * @param onLag when a slow lane may spill no more
   */
  public record Buffer(long memoryBytes, long spillBytes, long minFreeBytes, OnLag onLag) {}

  /**
   * What happens when something cannot be followed.
   *
   * @param onFailedTable when a table has failed
   * @param onReject when a sink does not take rows
   * @param maxLetters how many rows of a table may be put aside
   * @param limits when rows that are put aside stop the pipeline
   */
  public record Policies(
      OnFailedTable onFailedTable, OnReject onReject, long maxLetters, RejectLimits limits) {
    /** Without limits at which the pipeline stops. */
    public Policies(OnFailedTable onFailedTable, OnReject onReject, long maxLetters) {
      this(onFailedTable, onReject, maxLetters, RejectLimits.NONE);
    }
  }

  /**
   * When rows that are put aside stop the pipeline.
   *
   * @param stopAfter how many may wait at a sink; empty for any number
   * @param stopPercent how many of a hundred rows may be put aside within {@code window}; empty for
   *     all
   * @param window how far back that is counted
   */
  public record RejectLimits(
      Optional<Long> stopAfter, Optional<Long> stopPercent, Duration window) {
    /** Nothing stops it. */
    public static final RejectLimits NONE =
        new RejectLimits(Optional.empty(), Optional.empty(), Duration.ofMinutes(5));
  }

  /** What happens with rows that a sink does not take. */
  public enum OnReject {
    /** Each is put aside as a dead letter, and with it the later changes of its key. */
    ROW,
    /** Its whole transaction is put aside. */
    TRANSACTION,
    /** Its table leaves the copy. */
    TABLE,
    /** The pipeline stops. */
    STOP
  }

  /** Where the metrics endpoint listens. */
  public record Metrics(String host, int port) {}

  /** What happens when a sink is slower than the others and no more may be spilled for it. */
  public enum OnLag {
    /** Reading waits for it; the source keeps its log meanwhile. */
    HOLD,
    /** It is left behind, and comes back by a new copy when the pipeline is started again. */
    DETACH,
    /** The pipeline stops. */
    STOP
  }

  /** What happens when a table cannot be followed. */
  public enum OnFailedTable {
    /** The table leaves the copy, the others go on. */
    EXCLUDE,
    /** The pipeline stops. */
    STOP
  }

  /** The same with its metrics endpoint at a port; the address stays, or is the loopback one. */
  public PipelineConfig withMetricsAt(int port) {
    String host = metrics.map(Metrics::host).orElse(METRICS_HOST.standard().orElseThrow());
    return new PipelineConfig(
        name, dataDir, flush, buffer, policies, Optional.of(new Metrics(host, port)));
  }

  private static final Option<String> NAME =
      Option.of(
          "name", OptionType.TEXT, "tidemark", "What status, metrics and logs call the pipeline.");
  private static final Option<String> DATA_DIR =
      Option.of(
          "data-dir",
          OptionType.TEXT,
          "tidemark-data",
          "Folder for local files: the address of the control endpoint and spilled batches."
              + " Nothing in it is needed to continue on another machine.");
  private static final Option<Duration> FLUSH_INTERVAL =
      Option.of(
          "flush.interval",
          OptionType.DURATION,
          "10s",
          "Time between commits at the destination while changes come. Shorter shows changes"
              + " sooner, longer makes larger files.");
  private static final Option<Duration> FLUSH_LARGEST =
      Option.of(
          "flush.largest-interval",
          OptionType.DURATION,
          "5m",
          "How far the interval may stretch where many tables change a little.");
  private static final Option<Long> FLUSH_BYTES =
      Option.of(
          "flush.bytes",
          OptionType.SIZE,
          "256MiB",
          "Commits before the interval ends when this much is staged, in bytes of memory.");
  private static final Option<Long> FLUSH_ROWS =
      Option.of(
          "flush.rows",
          OptionType.NUMBER,
          "5000000",
          "Commits before the interval ends when this many rows are staged.");
  private static final Option<Long> FLUSH_MIN_FILE =
      Option.of(
          "flush.min-file-bytes",
          OptionType.SIZE,
          "1MiB",
          "A table with less than this staged counts as small. With more than 50 small tables the"
              + " interval stretches in proportion to their number, up to flush.largest-interval.");
  private static final Option<Duration> FLUSH_IDLE =
      Option.of(
          "flush.idle",
          OptionType.DURATION,
          "10s",
          "Time between empty commits on an idle database, which let it remove old log.");
  private static final Option<Long> MEMORY =
      Option.of(
          "hand-over.bytes",
          OptionType.SIZE,
          "32MiB",
          "How much may wait in memory between the source and each sink.");
  private static final Option<Long> SPILL_MAX =
      Option.of(
          "spill.max-bytes",
          OptionType.SIZE,
          "4GiB",
          "How much may wait on local disk for sinks that are slower than others, in files only"
              + " their user can read. Nothing is spilled for a single sink: reading waits for it.");
  private static final Option<Long> SPILL_MIN_FREE =
      Option.of(
          "spill.min-free",
          OptionType.SIZE,
          "1GiB",
          "How much must stay free on that disk; less counts as no more to be spilled.");
  private static final Option<OnLag> ON_LAG =
      Option.of(
          "on-lag",
          OptionType.oneOf(OnLag.class),
          "hold",
          "What happens when no more may be spilled for a slow sink: reading waits for it and the"
              + " database keeps its log, or the sink is left behind and comes back by a new copy"
              + " of all tables at the next start, or the pipeline stops.");
  private static final Option<OnFailedTable> ON_FAILED_TABLE =
      Option.of(
          "on-failed-table",
          OptionType.oneOf(OnFailedTable.class),
          "exclude",
          "What happens when a table cannot be followed: it leaves the copy until it is copied"
              + " again, or the pipeline stops.");
  private static final Option<OnReject> ON_REJECT =
      Option.of(
          "on-reject",
          OptionType.oneOf(OnReject.class),
          "table",
          "What happens with a row that a sink can never write: the row is put aside as a dead"
              + " letter and later changes of its key follow it, or its whole transaction is, or its"
              + " table leaves the copy, or the pipeline stops. Dead letters are kept in the"
              + " destination's state, with everything needed to give them again.");
  private static final Option<Long> MAX_LETTERS =
      Option.of(
          "reject.max-rows",
          OptionType.NUMBER,
          "1000",
          "How many rows of a table may be put aside; with more the table leaves the copy.");
  private static final Option<Long> STOP_AFTER =
      Option.optional(
          "reject.stop-after",
          OptionType.NUMBER,
          "Stops the pipeline rather than put more rows aside than this at one sink, over all"
              + " tables. What was not committed comes again at the next start.",
          "100");
  private static final Option<Long> STOP_PERCENT =
      Option.optional(
          "reject.stop-percent",
          OptionType.NUMBER,
          "Stops the pipeline when more than this many of a hundred rows within reject.window were"
              + " put aside, once that holds 100 rows.",
          "5");
  private static final Option<Duration> REJECT_WINDOW =
      Option.of(
          "reject.window",
          OptionType.DURATION,
          "5m",
          "How far back rows are counted for reject.stop-percent.");
  private static final Option<Long> METRICS_PORT =
      Option.optional(
          "metrics.port",
          OptionType.NUMBER,
          "Port of the Prometheus and health endpoint; none is opened without it.",
          "9187");
  private static final Option<String> METRICS_HOST =
      Option.of(
          "metrics.host",
          OptionType.TEXT,
          "127.0.0.1",
          "Address of that endpoint: the loopback address, or 0.0.0.0 to be reached from other"
              + " machines.");

  /** Every option of a pipeline. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "pipeline",
          "pipeline",
          "A source, a list of transforms, and one or more sinks.",
          List.of(
              NAME,
              DATA_DIR,
              FLUSH_INTERVAL,
              FLUSH_LARGEST,
              FLUSH_BYTES,
              FLUSH_ROWS,
              FLUSH_MIN_FILE,
              FLUSH_IDLE,
              MEMORY,
              SPILL_MAX,
              SPILL_MIN_FREE,
              ON_LAG,
              ON_FAILED_TABLE,
              ON_REJECT,
              MAX_LETTERS,
              STOP_AFTER,
              STOP_PERCENT,
              REJECT_WINDOW,
              METRICS_PORT,
              METRICS_HOST));

  /** The configuration that settings of {@link #SPEC} say. */
  public static PipelineConfig of(Settings settings) {
    return new PipelineConfig(
        settings.get(NAME),
        Path.of(settings.get(DATA_DIR)),
        new Flush(
            settings.get(FLUSH_INTERVAL),
            settings.get(FLUSH_LARGEST),
            settings.get(FLUSH_BYTES),
            settings.get(FLUSH_ROWS),
            settings.get(FLUSH_MIN_FILE),
            settings.get(FLUSH_IDLE)),
        new Buffer(
            settings.get(MEMORY),
            settings.get(SPILL_MAX),
            settings.get(SPILL_MIN_FREE),
            settings.get(ON_LAG)),
        new Policies(
            settings.get(ON_FAILED_TABLE),
            settings.get(ON_REJECT),
            settings.get(MAX_LETTERS),
            new RejectLimits(
                settings.find(STOP_AFTER),
                settings.find(STOP_PERCENT),
                settings.get(REJECT_WINDOW))),
        settings
            .find(METRICS_PORT)
            .map(port -> new Metrics(settings.get(METRICS_HOST), Math.toIntExact(port))));
  }

  /** The defaults, in a folder, with an interval between commits. */
  public static PipelineConfig of(String name, Path dataDir, Duration flushInterval) {
    return of(
        Settings.read(
            SPEC,
            java.util.Map.of(
                "name",
                name,
                "data-dir",
                dataDir.toString(),
                "flush.interval",
                flushInterval.toMillis() + "ms"),
            "pipeline",
            new java.util.ArrayList<>()));
  }
}
