package io.tidemark.app.verify;

import io.tidemark.api.copy.SourceReader;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.transform.Transform;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbCopy;
import io.tidemark.duckdb.sink.PublishRequest;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.engine.verify.CopySide;
import io.tidemark.engine.verify.Sides;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.sink.PostgresCopy;
import io.tidemark.postgres.sink.PostgresSinkConfig;
import io.tidemark.postgres.slot.ExportedSlot;
import io.tidemark.postgres.verify.PostgresReader;
import io.tidemark.postgres.verify.VerifyLimits;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A database and a copy of it. To bring both to one position, the pipeline stops reading, a slot is
 * made whose snapshot is that of a position just ahead, the pipeline commits exactly there and
 * stays until the copy is open; all in a second or two, unless the slot has to wait for a
 * transaction.
 */
public final class LiveSides implements Sides {
  /** While the slot waits for older transactions the pipeline is held, so it waits in turns. */
  private static final Duration TURN = Duration.ofSeconds(5);

  private static final Duration HOLD = Duration.ofSeconds(20);
  private static final Duration FLUSH = Duration.ofSeconds(60);
  private static final Duration STAY = Duration.ofSeconds(120);

  /** Rows are looked up on both sides meanwhile. */
  private static final Duration STANDSTILL = Duration.ofMinutes(5);

  private static final Duration RECENT = Duration.ofSeconds(20);
  private static final long FIRST_PAUSE_MILLIS = 500;
  private static final long LONGEST_PAUSE_MILLIS = 8_000;

  private final PostgresConfig source;
  private final Map<String, String> environment;
  private final Path dataDir;
  private final Copy copies;
  private final VerifyLimits limits;
  private final Duration wait;

  /**
   * A copy that can be opened at its newest tidemark.
   *
   * @param sink its name in the pipeline
   * @param history whether it keeps every change
   */
  public record Copy(String sink, boolean history, Supplier<CopySide> newest) {}

  /**
   * @param source the database
   * @param environment the process's environment variables
   * @param dataDir the pipeline's folder
   * @param copies the copy
   * @param limits what may be asked of the source
   * @param wait how long a slot may take to be made
   */
  public LiveSides(
      PostgresConfig source,
      Map<String, String> environment,
      Path dataDir,
      Copy copies,
      VerifyLimits limits,
      Duration wait) {
    this.source = source;
    this.environment = environment;
    this.dataDir = dataDir;
    this.copies = copies;
    this.limits = limits;
    this.wait = wait;
  }

  /**
   * Opens the newest tidemark of a lake.
   *
   * @param tables which of its tables will be asked for
   * @param scratch folder for what is fetched and spilled
   */
  public static Supplier<CopySide> lakes(
      ParquetConfig config,
      List<Transform> transforms,
      PostgresConfig source,
      Predicate<TableName> tables,
      Path scratch) {
    return () ->
        ReadSide.of(
            LakeCopy.open(config, transforms, AsOf.LATEST, scratch), source, tables, scratch);
  }

  /**
   * Opens the newest tidemark of a DuckDB file. While a pipeline writes it, that is the one it
   * published last, and it is asked to publish at every commit meanwhile.
   *
   * @param tables which of its tables will be asked for
   * @param scratch folder for what is spilled
   */
  public static Supplier<CopySide> files(
      PublishRequest publishing,
      List<Transform> transforms,
      PostgresConfig source,
      Predicate<TableName> tables,
      Path scratch) {
    return () -> {
      publishing.renew();
      return ReadSide.of(
          DuckDbCopy.ofFile(publishing.readable(), ReadSide.options(scratch)),
          new TransformChain(transforms),
          source,
          tables);
    };
  }

  /**
   * Opens the newest tidemark of a copy in a PostgreSQL.
   *
   * @param tables which of its tables will be asked for
   */
  public static Supplier<CopySide> databases(
      PostgresSinkConfig config,
      List<Transform> transforms,
      PostgresConfig source,
      Predicate<TableName> tables) {
    TransformChain chain = new TransformChain(transforms);
    return () ->
        ReadSide.of(
            PostgresCopy.open(
                config, entries -> LakeCopy.tables(StateCodec.decode(entries), chain)),
            chain,
            source,
            tables);
  }

  @Override
  public SourceReader source() {
    return PostgresReader.present(source, environment, limits);
  }

  @Override
  public CopySide copy() {
    Optional<ControlClient> pipeline = ControlClient.find(dataDir);
    if (pipeline.isPresent()) {
      // the nearer the copy is to the present, the fewer keys seem to differ
      try (PostgresReader now = PostgresReader.present(source, environment, limits)) {
        pipeline.get().flush(Optional.of(now.logEnd()), RECENT);
      } catch (TidemarkException e) {
        if (e.code() != ErrorCode.BUSY) {
          throw e;
        }
      }
    }
    return copies.newest().get();
  }

  @Override
  public Optional<Joint> joint() {
    return ControlClient.find(dataDir)
        .map(
            pipeline -> {
              Held held = held(pipeline, STAY);
              held.letGo();
              return held;
            });
  }

  @Override
  public boolean keepsHistory() {
    return copies.history();
  }

  @Override
  public boolean isRunning() {
    return ControlClient.find(dataDir).isPresent();
  }

  @Override
  public Standstill standstill() {
    return held(running(), STANDSTILL);
  }

  private ControlClient running() {
    return ControlClient.find(dataDir)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.BUSY,
                    "Cannot repair: the pipeline has stopped. Start it, and repair again."));
  }

  @Override
  public void copyAgain(Map<TableName, TableName> tables) {
    new NewCopies(this::running, FLUSH).make(tables);
  }

  private Held held(ControlClient pipeline, Duration stay) {
    long deadline = System.nanoTime() + wait.toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      try {
        return once(pipeline, stay);
      } catch (TidemarkException e) {
        boolean again =
            e.code() == ErrorCode.SOURCE_NOT_READY && e.getCause() instanceof TimeoutException
                || e.code() == ErrorCode.BUSY;
        if (!again || System.nanoTime() - deadline > 0) {
          throw e;
        }
        rest(pause); // so that the pipeline catches up between two turns
        pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TidemarkException(ErrorCode.BUSY, "Cannot go on: it was interrupted.", e);
      }
    }
  }

  static void rest(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(ErrorCode.BUSY, "Cannot go on: it was interrupted.", e);
    }
  }

  private Held once(ControlClient pipeline, Duration stay) throws InterruptedException {
    Connector connector = new Connector(source.endpoint(), environment);
    String name = "tidemark_verify_" + Long.toHexString(new SecureRandom().nextLong());
    boolean open = false;
    pipeline.hold(HOLD);
    try (ExportedSlot slot =
        ExportedSlot.create(connector, name, ExportedSlot.Kind.TEMPORARY, TURN, waitsFor -> {})) {
      long since = System.nanoTime();
      PostgresReader snapshot = PostgresReader.under(source, environment, slot, limits);
      try {
        pipeline.flushAndStay(slot.point(), FLUSH, stay);
        Held held = new Held(pipeline, snapshot, copyAt(slot.point()), slot.point(), since);
        open = true;
        return held;
      } finally {
        if (!open) {
          snapshot.close();
        }
      }
    } finally {
      if (!open) {
        pipeline.hold(Duration.ZERO);
      }
    }
  }

  /** Readers of some destinations see a commit a while after it was made. */
  private CopySide copyAt(Lsn position) {
    long deadline = System.nanoTime() + STAY.toNanos();
    while (true) {
      CopySide copy = copies.newest().get();
      Lsn tidemark = copy.reader().tidemark().lsn();
      if (tidemark.equals(position)) {
        return copy;
      }
      copy.close();
      if (position.isBefore(tidemark) || System.nanoTime() - deadline > 0) {
        throw new TidemarkException(
            ErrorCode.BUSY,
            "Cannot read the copy at "
                + position
                + ": it stands at "
                + tidemark
                + ". Verify again, and look at the pipeline's status.");
      }
      rest(FIRST_PAUSE_MILLIS);
    }
  }

  /** The two sides, open, and the pipeline that stays there until it is let go. */
  private final class Held implements Standstill {
    private final ControlClient pipeline;
    private final PostgresReader source;
    private final CopySide copy;
    private final Lsn position;
    private final long since;
    private final long atMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    private long until;
    private boolean stays = true;

    Held(ControlClient pipeline, PostgresReader source, CopySide copy, Lsn position, long since) {
      this.pipeline = pipeline;
      this.source = source;
      this.copy = copy;
      this.position = position;
      this.since = since;
    }

    @Override
    public SourceReader source() {
      return source;
    }

    @Override
    public CopySide copy() {
      return copy;
    }

    @Override
    public Lsn position() {
      return position;
    }

    @Override
    public long atMicros() {
      return atMicros;
    }

    @Override
    public void rewrite(ChangeBatch changes) {
      pipeline.repair(copies.sink(), position, changes, FLUSH);
    }

    /** Lets the pipeline go on; the copy can still be read. */
    void letGo() {
      if (stays) {
        stays = false;
        pipeline.hold(Duration.ZERO);
      }
    }

    @Override
    public void release() {
      if (until == 0) {
        source.close();
        until = System.nanoTime();
      }
    }

    @Override
    public Duration held() {
      return Duration.ofNanos((until == 0 ? System.nanoTime() : until) - since);
    }

    @Override
    public void close() {
      try {
        letGo();
      } finally {
        release();
        copy.close();
      }
    }
  }
}
