package io.tidemark.bench;

import io.tidemark.api.config.Settings;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.api.source.SourceStatus;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.pipeline.PipelineStatus;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Tidemark with its default settings, into a copy on this machine. The clock runs until a forced
 * flush after the last change has been committed; for a stream from the first change that was read,
 * for a snapshot from the moment at which the source is open.
 */
final class TidemarkReader implements Reader {
  private static final Duration FLUSH = Duration.ofSeconds(10);
  private static final long LOOK_MILLIS = 2;
  private static final long LOOK_NANOS = 200_000;

  /** What is read. */
  enum What {
    /** The changes of a slot that is there. */
    STREAM("never", 0),
    /** The rows of a table; a row that marks the beginning of the copy comes before them. */
    SNAPSHOT("initial", 1);

    private final String snapshotMode;
    private final int marks;

    What(String snapshotMode, int marks) {
      this.snapshotMode = snapshotMode;
      this.marks = marks;
    }
  }

  private final What what;
  private final Target target;

  TidemarkReader(What what, Target target) {
    this.what = what;
    this.target = target;
  }

  /** Where the copy keeps current rows, those that are there are copied first. */
  @Override
  public void join(Job job) throws Exception {
    if (target == Target.PARQUET) {
      Reader.createSlot(job);
    } else {
      new TidemarkReader(What.SNAPSHOT, target).read(job);
    }
  }

  @Override
  public Measure read(Job job) throws Exception {
    Measure.Clock clock = new Measure.Clock();
    PostgresConfig source = source(job, what.snapshotMode);
    Lsn start = startOf(job);
    Pipeline pipeline =
        new Pipeline(
            PipelineConfig.of("bench", Path.of(job.folder(), "data"), FLUSH),
            () -> new Timed(new PostgresSource(source, Map.of()), clock, start),
            List.of(),
            List.of(target.sink(job)));
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread running = new Thread(() -> run(pipeline, failure), "pipeline");
    running.start();
    long expected = job.changes() + what.marks;
    while (pipeline.status().changesCaptured() < expected && running.isAlive()) {
      Thread.sleep(LOOK_MILLIS);
    }
    // rows of a snapshot, and what makes it complete, may come after the position of a flush
    while (!isDone(pipeline.status(), expected) && running.isAlive()) {
      pipeline.flush(Optional.empty()).join();
    }
    Measure measure = clock.stop(job.changes());
    long written = pipeline.status().rowsWritten();
    pipeline.stop();
    running.join();
    if (failure.get() != null || written < expected) {
      throw new IllegalStateException(
          "Wrote " + written + " rows, expected " + expected + ".", failure.get());
    }
    return measure;
  }

  private boolean isDone(PipelineStatus status, long expected) {
    boolean complete =
        what == What.STREAM
            || status.tables().stream().allMatch(table -> table.state().equals("member"));
    return complete && status.rowsWritten() >= expected;
  }

  static void run(Pipeline pipeline, AtomicReference<Throwable> failure) {
    try {
      pipeline.run();
    } catch (RuntimeException | InterruptedException e) {
      failure.set(e);
    }
  }

  /** Everything at its default, for a publication that is there. */
  static PostgresConfig source(Job job, String snapshotMode) {
    List<String> problems = new ArrayList<>();
    PostgresConfig config =
        PostgresConfig.from(
            Settings.read(
                PostgresConfig.SPEC,
                Map.of(
                    "url", job.url().substring("jdbc:".length()),
                    "user", job.user(),
                    "password", job.password(),
                    "slot", job.slot(),
                    "publication", job.publication(),
                    "publication.mode", "existing",
                    "snapshot.mode", snapshotMode,
                    "tables.include", "public." + job.table()),
                "source",
                problems),
            Map.of(),
            problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
    return config;
  }

  /** Where the slot stands before anything is read from it. */
  private static Lsn startOf(Job job) throws SQLException {
    try (Connection db = DriverManager.getConnection(job.url());
        PreparedStatement query =
            db.prepareStatement(
                "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = ?")) {
      query.setString(1, job.slot());
      try (ResultSet result = query.executeQuery()) {
        return result.next() ? Lsn.parse(result.getString(1)) : Lsn.ZERO;
      }
    }
  }

  /** A source that starts the clock. */
  private final class Timed implements ChangeSource {
    private final ChangeSource source;
    private final Measure.Clock clock;
    private final Lsn start;

    Timed(ChangeSource source, Measure.Clock clock, Lsn start) {
      this.source = source;
      this.clock = clock;
      this.start = start;
    }

    @Override
    public void open(ResumePoint resume) {
      source.open(resume);
      if (what == What.SNAPSHOT) {
        clock.start();
      } else {
        Thread watch = new Thread(this::awaitFirst, "first-change");
        watch.setDaemon(true);
        watch.start();
      }
    }

    private void awaitFirst() {
      while (!start.isBefore(source.status().received())) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
      clock.start();
    }

    @Override
    public SourceEvent poll(Duration wait) throws InterruptedException {
      return source.poll(wait);
    }

    @Override
    public void confirm(Position position) {
      source.confirm(position);
    }

    @Override
    public void request(SourceRequest request) {
      source.request(request);
    }

    @Override
    public SourceStatus status() {
      return source.status();
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
