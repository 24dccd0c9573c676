package io.tidemark.bench;

import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.debezium.engine.format.Json;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * The peer: Debezium's embedded engine with a consumer that does nothing, tuned as its own
 * documentation advises for throughput (large batches and queue, short poll). Reads a slot, or the
 * snapshot of a table.
 */
final class DebeziumReader implements Reader {
  private final boolean json;
  private final String snapshotMode;

  private DebeziumReader(boolean json, String snapshotMode) {
    this.json = json;
    this.snapshotMode = snapshotMode;
  }

  /** Reads the changes of a slot. */
  static DebeziumReader stream(Format format) {
    return new DebeziumReader(format == Format.JSON, "no_data");
  }

  /** Reads the rows of a table. */
  static DebeziumReader snapshot(Format format) {
    return new DebeziumReader(format == Format.JSON, "initial_only");
  }

  /** What the events are handed over as. */
  enum Format {
    JSON,
    STRUCT
  }

  @Override
  public Measure read(Job job) throws Exception {
    Progress progress = new Progress(job.changes());
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try (DebeziumEngine<?> engine =
        json ? jsonEngine(job, progress) : structEngine(job, progress)) {
      executor.execute((Runnable) engine);
      progress.done.await();
      if (progress.failure.get() != null) {
        throw new IllegalStateException("Debezium stopped: " + progress.failure.get());
      }
      return progress.measure.get();
    } finally {
      executor.shutdown();
    }
  }

  private DebeziumEngine<?> jsonEngine(Job job, Progress progress) {
    return DebeziumEngine.create(Json.class)
        .using(properties(job))
        .using((success, message, error) -> progress.ended(success, message))
        .notifying(
            (List<ChangeEvent<String, String>> events,
                DebeziumEngine.RecordCommitter<ChangeEvent<String, String>> committer) -> {
              progress.took(events.size());
              committer.markBatchFinished();
            })
        .build();
  }

  private DebeziumEngine<?> structEngine(Job job, Progress progress) {
    return DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
        .using(properties(job))
        .using((success, message, error) -> progress.ended(success, message))
        .notifying(
            (List<RecordChangeEvent<SourceRecord>> events,
                DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer) -> {
              progress.took(events.size());
              committer.markBatchFinished();
            })
        .build();
  }

  private Properties properties(Job job) {
    URI uri = URI.create(job.url().substring("jdbc:".length()));
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "name",
            "bench",
            "connector.class",
            "io.debezium.connector.postgresql.PostgresConnector",
            "offset.storage",
            "org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
            "topic.prefix",
            "bench",
            "database.hostname",
            uri.getHost(),
            "database.port",
            String.valueOf(uri.getPort()),
            "database.dbname",
            uri.getPath().substring(1),
            "database.user",
            job.user(),
            "database.password",
            job.password(),
            "plugin.name",
            "pgoutput"));
    properties.putAll(
        Map.of(
            "slot.name", job.slot(),
            "publication.name", job.publication(),
            "publication.autocreate.mode", "disabled",
            "table.include.list", "public." + job.table(),
            "snapshot.mode", snapshotMode,
            "tombstones.on.delete", "false",
            "max.batch.size", "8192",
            "max.queue.size", "32768",
            "poll.interval.ms", "5",
            "snapshot.fetch.size", "10240"));
    properties.put("offset.flush.interval.ms", "60000");
    properties.put("key.converter.schemas.enable", "false");
    properties.put("value.converter.schemas.enable", "false");
    return properties;
  }

  /** Counts what comes and ends the measure at the last change. */
  private static final class Progress {
    private final long expected;
    private final AtomicLong taken = new AtomicLong();
    private final Measure.Clock clock = new Measure.Clock();
    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicReference<Measure> measure = new AtomicReference<>();
    private final AtomicReference<String> failure = new AtomicReference<>();

    Progress(long expected) {
      this.expected = expected;
    }

    void took(int events) {
      clock.start();
      if (taken.addAndGet(events) >= expected && measure.get() == null) {
        measure.set(clock.stop(expected));
        done.countDown();
      }
    }

    void ended(boolean success, String message) {
      if (!success && measure.get() == null) {
        failure.set(message);
      }
      done.countDown();
    }
  }
}
