package io.tidemark.postgres;

import static io.tidemark.api.config.OptionType.DURATION;
import static io.tidemark.api.config.OptionType.LIST;
import static io.tidemark.api.config.OptionType.MAP;
import static io.tidemark.api.config.OptionType.NUMBER;
import static io.tidemark.api.config.OptionType.SIZE;
import static io.tidemark.api.config.OptionType.SWITCH;
import static io.tidemark.api.config.OptionType.TEXT;
import static io.tidemark.api.config.OptionType.oneOf;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.Settings;
import io.tidemark.postgres.PostgresConfig.AmbiguousRename;
import io.tidemark.postgres.PostgresConfig.Limits;
import io.tidemark.postgres.PostgresConfig.Overflow;
import io.tidemark.postgres.PostgresConfig.PartitionDrop;
import io.tidemark.postgres.PostgresConfig.Policies;
import io.tidemark.postgres.PostgresConfig.PublicationMode;
import io.tidemark.postgres.PostgresConfig.Snapshot;
import io.tidemark.postgres.PostgresConfig.SnapshotMode;
import io.tidemark.postgres.catalog.TableFilter;
import io.tidemark.postgres.connect.DatabaseOptions;
import io.tidemark.postgres.connect.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The options of the PostgreSQL source, each declared once, and what they make together. */
final class PostgresOptions {
  private static final Option<String> SLOT =
      Option.of(
          "slot",
          TEXT,
          "tidemark",
          "Replication slot; created where it is missing. Each pipeline needs its own.");
  private static final Option<Boolean> SLOT_FAILOVER =
      Option.of(
          "slot.failover",
          SWITCH,
          "false",
          "Create the slot so that it is synchronised to standbys (PostgreSQL 17 and newer).");
  private static final Option<String> PUBLICATION =
      Option.optional(
          "publication",
          TEXT,
          "Publication (else named like the slot). Tables without a usable replica identity go to a"
              + " second one, <publication>_inserts, which publishes no UPDATE and DELETE, so that"
              + " no statement of the owner fails. Pipelines that keep a list need one each.",
          "tidemark");
  private static final Option<PublicationMode> PUBLICATION_MODE =
      Option.of(
          "publication.mode",
          oneOf(PublicationMode.class),
          "list",
          "list: an explicit list of tables, kept current; all: FOR ALL TABLES; existing: made by"
              + " somebody else and never altered.");
  private static final Option<List<String>> INCLUDE =
      Option.of(
          "tables.include",
          LIST,
          "*.*",
          "Patterns of schema.table with * and ?; a table is captured when one fits.");
  private static final Option<List<String>> EXCLUDE =
      Option.of("tables.exclude", LIST, "", "Patterns of tables that are left out all the same.")
          .example("audit.*, *.tmp_*");
  private static final Option<Duration> REFRESH =
      Option.of(
          "tables.refresh",
          DURATION,
          "5s",
          "How often the catalog is read again for new, dropped and altered tables.");
  private static final Option<SnapshotMode> SNAPSHOT_MODE =
      Option.of(
          "snapshot.mode",
          oneOf(SnapshotMode.class),
          "initial",
          "initial: copy every table once, then its changes; never: changes alone; only: copy once"
              + " and no changes.");
  private static final Option<Duration> MAX_HOLD =
      Option.of(
          "snapshot.max-hold",
          DURATION,
          "15m",
          "How long one snapshot may hold back vacuum at the source. Where the copy is estimated to"
              + " take longer, large tables with a suitable key are copied in ranges of it, each"
              + " under a short snapshot of its own.");
  private static final Option<Long> CHUNK_ROWS =
      Option.optional(
          "snapshot.chunk-rows",
          NUMBER,
          "Rows of one key range where a table is copied in ranges (else as many as make about 16"
              + " MiB).",
          "50000");
  private static final Option<Long> WORKERS =
      Option.optional(
          "snapshot.workers",
          NUMBER,
          "Connections that copy at the same time (else the number of cores, 4 at most).",
          "2");
  private static final Option<Map<String, String>> ROW_FILTER =
      Option.optional(
          "snapshot.row-filter",
          MAP,
          "SQL condition by schema.table; rows that do not fulfil it are not copied. Their later"
              + " changes are still captured.",
          "{public.events: \"created_at > '2026-01-01'\"}");
  private static final Option<Long> MAX_ROW =
      Option.of(
          "max-row-bytes",
          SIZE,
          "64MiB",
          "Largest row, in bytes as PostgreSQL sends it in binary; a table with a larger one fails by"
              + " name instead of using up the memory.");
  private static final Option<Long> STREAM_MEMORY =
      Option.of(
          "stream.memory",
          SIZE,
          "64MiB",
          "Memory for transactions that are still in progress; beyond it they go to disk.");
  private static final Option<Long> STREAM_SPILL =
      Option.of(
          "stream.spill-max-bytes",
          SIZE,
          "16GiB",
          "Local disk for transactions that are still in progress. Beyond it the stream is read"
              + " without streaming until the next start: the server then keeps such transactions"
              + " itself until they commit.");
  private static final Option<String> SPILL_DIR =
      Option.optional(
          "stream.spill-dir",
          TEXT,
          "Folder for transactions in progress (else the system's temporary folder).",
          "/var/lib/tidemark/spill");
  private static final Option<Long> QUEUE =
      Option.of(
          "queue.memory",
          SIZE,
          "64MiB",
          "Memory for changes that were read and not yet taken by a sink's lane.");
  private static final Option<Duration> HEARTBEAT =
      Option.of(
          "heartbeat.interval",
          DURATION,
          "30s",
          "How often, at most and only when the log has gone on, a logical message is written: an"
              + " anchor by which a copy knows its source's history again, and to which the slot is"
              + " confirmed. 0s for never: then a restored clone of the server is not always"
              + " noticed.");
  private static final Option<AmbiguousRename> RENAME =
      Option.of(
          "on-ambiguous-rename",
          oneOf(AmbiguousRename.class),
          "stop",
          "When a rename cannot be told from drop and add: stop the table, or take it as drop and"
              + " add and copy the table again. With the event trigger that doctor prints it can"
              + " always be told.");
  private static final Option<PartitionDrop> PARTITION_DROP =
      Option.of(
          "on-partition-drop",
          oneOf(PartitionDrop.class),
          "delete",
          "Whether the copy loses the rows of a detached or dropped partition, or keeps them.");
  private static final Option<Overflow> OVERFLOW =
      Option.of(
          "overflow",
          oneOf(Overflow.class),
          "raw",
          "A value that its typed column cannot hold (NaN in a decimal, infinity in a timestamp):"
              + " raw keeps its text beside a null, text makes the whole column text, reject refuses the"
              + " row, and what the pipeline's on-reject says happens with it.");
  private static final Option<Long> WAL_BUDGET =
      Option.of(
          "wal-budget",
          SIZE,
          "10GiB",
          "WAL that the slot may hold back before it is reported as a problem.");

  /** What can be written under {@code source} with {@code type: postgres}. */
  static final ComponentSpec SPEC =
      new ComponentSpec(
          "source",
          "postgres",
          "Captures every change of a PostgreSQL database (14 to 18) from its write-ahead log.",
          Stream.concat(
                  DatabaseOptions.SOURCE.all().stream(),
                  Stream.of(
                      SLOT,
                      SLOT_FAILOVER,
                      PUBLICATION,
                      PUBLICATION_MODE,
                      INCLUDE,
                      EXCLUDE,
                      REFRESH,
                      SNAPSHOT_MODE,
                      MAX_HOLD,
                      CHUNK_ROWS,
                      WORKERS,
                      ROW_FILTER,
                      MAX_ROW,
                      STREAM_MEMORY,
                      STREAM_SPILL,
                      SPILL_DIR,
                      QUEUE,
                      HEARTBEAT,
                      RENAME,
                      PARTITION_DROP,
                      OVERFLOW,
                      WAL_BUDGET))
              .toList());

  private PostgresOptions() {}

  /** The configuration of what a user wrote; see {@link PostgresConfig#from}. */
  static PostgresConfig config(
      Settings settings, Map<String, String> environment, List<String> problems) {
    Endpoint endpoint = DatabaseOptions.SOURCE.endpoint(settings, environment, "source", problems);
    String slot = settings.get(SLOT);
    if (!slot.matches("[a-z0-9_]{1,63}")) {
      problems.add(
          "source.slot: cannot name a slot '"
              + slot
              + "', expected 1 to 63 of the signs a to z, 0 to 9 and _.");
    }
    return new PostgresConfig(
        endpoint,
        slot,
        settings.get(SLOT_FAILOVER),
        settings.find(PUBLICATION).orElse(slot),
        settings.get(PUBLICATION_MODE),
        new TableFilter(settings.get(INCLUDE), settings.get(EXCLUDE)),
        settings.get(REFRESH),
        snapshot(settings, problems),
        limits(settings),
        new Policies(settings.get(RENAME), settings.get(PARTITION_DROP), settings.get(OVERFLOW)),
        settings.get(HEARTBEAT));
  }

  private static Snapshot snapshot(Settings settings, List<String> problems) {
    long workers =
        settings
            .find(WORKERS)
            .orElseGet(() -> (long) Math.min(4, Runtime.getRuntime().availableProcessors()));
    if (workers < 1 || workers > 64) {
      problems.add("source.snapshot.workers: cannot use " + workers + ", expected 1 to 64.");
    }
    settings
        .find(CHUNK_ROWS)
        .filter(rows -> rows < 1)
        .ifPresent(
            rows ->
                problems.add(
                    "source.snapshot.chunk-rows: cannot use " + rows + ", expected 1 or more."));
    Map<String, String> filters = settings.find(ROW_FILTER).orElse(Map.of());
    filters.keySet().stream()
        .filter(table -> !table.contains("."))
        .sorted()
        .forEach(
            table ->
                problems.add(
                    "source.snapshot.row-filter: cannot take '"
                        + table
                        + "' for a table, expected schema.table."));
    return new Snapshot(
        settings.get(SNAPSHOT_MODE),
        settings.get(MAX_HOLD),
        settings.find(CHUNK_ROWS),
        (int) workers,
        filters);
  }

  private static Limits limits(Settings settings) {
    Path spill =
        settings
            .find(SPILL_DIR)
            .map(Path::of)
            .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir"), "tidemark-spill"));
    return new Limits(
        settings.get(MAX_ROW),
        settings.get(STREAM_MEMORY),
        settings.get(STREAM_SPILL),
        spill,
        settings.get(QUEUE),
        settings.get(WAL_BUDGET));
  }
}
