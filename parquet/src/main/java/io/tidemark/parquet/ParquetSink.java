package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.state.Claimant;
import io.tidemark.parquet.state.DataFiles;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.parquet.state.LakeState;
import io.tidemark.parquet.state.StateLog;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every change into Parquet files in a folder or on S3. Files are published under their
 * final names when they are sealed, and count from the moment at which a state object names them.
 */
public final class ParquetSink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(ParquetSink.class);
  private static final int PUBLISHERS = 8;

  private final ParquetConfig config;
  private final Clock clock;
  private final SinkUpkeep.Pace pace;
  private final ObjectStore store;
  private final ExecutorService publishers;
  private final Set<TableSchema> prepared = new HashSet<>();
  private final Map<FinishedFile, String> keys = new HashMap<>();
  private final Set<FinishedFile> published = ConcurrentHashMap.newKeySet();
  private final Queue<StateLog.Superfluous> undeleted = new ConcurrentLinkedQueue<>();
  private Optional<SinkUpkeep> upkeep = Optional.empty();
  private FlushBuffer buffer;
  private StateLog log;
  private final FileNames names = new FileNames();
  private final String id = UUID.randomUUID().toString();

  /** A sink of the real time. */
  public ParquetSink(ParquetConfig config) {
    this(config, LakeStores.open(config), Clock.systemUTC());
  }

  ParquetSink(ParquetConfig config, ObjectStore store, Clock clock) {
    this(config, store, clock, SinkUpkeep.Pace.STANDARD);
  }

  ParquetSink(ParquetConfig config, ObjectStore store, Clock clock, SinkUpkeep.Pace pace) {
    this.config = config;
    this.clock = clock;
    this.pace = pace;
    this.store = store;
    AtomicInteger threads = new AtomicInteger();
    this.publishers =
        Executors.newFixedThreadPool(
            PUBLISHERS,
            task -> {
              Thread thread = new Thread(task, "parquet-publish-" + threads.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(true, false, true);
  }

  @Override
  public SinkState open() throws SinkException {
    return open(Claimant.newcomer());
  }

  @Override
  public SinkState reopen(long held) throws SinkException {
    long newest = log == null ? held : Math.max(held, log.epoch());
    return open(new Claimant(id, OptionalLong.of(newest)));
  }

  private SinkState open(Claimant claimant) throws SinkException {
    if (buffer != null) {
      buffer.discard();
    }
    upkeep.ifPresent(SinkUpkeep::discard);
    forgetFiles();
    undeleted.clear(); // what is left of it is found as files that nobody knows
    try {
      log =
          StateLog.claim(
              store, LakeStores.exclusion(config), LakeUpkeep.retention(config), clock, claimant);
      int removed = log.removeOrphans();
      store.sweep(log.epoch(), DataFiles::isName);
      names.begin(log.epoch());
      if (removed > 0) {
        LOG.info("Removed {} files that no commit covered from {}.", removed, store.name());
      }
      if (buffer == null) {
        buffer = new FlushBuffer(config, store.staging(), names);
      }
      if (config.compact() && upkeep.isEmpty()) {
        upkeep =
            Optional.of(
                new SinkUpkeep(
                    new LakeRewriter(store, config, names),
                    new Encoder(config.compressionLevel()),
                    pace));
      }
      names.prepare(log.nextNumber());
    } catch (StoreException e) {
      if (e.outcome() == StoreException.Outcome.REFUSED) {
        throw new TidemarkException(
            ErrorCode.DESTINATION_REFUSED,
            e.getMessage() + " Look at the name of the bucket, the keys and their rights.",
            e);
      }
      throw new SinkException.Retryable(e.getMessage(), e);
    }
    LakeState state = log.state();
    return new SinkState(log.epoch(), state.tidemark(), state.entries());
  }

  @Override
  public void prepare(TableSchema schema) throws SinkException {
    if (!prepared.contains(schema)) {
      ParquetSchema.check(schema);
      prepared.add(schema);
    }
  }

  @Override
  public void stage(ChangeBatch batch) throws SinkException {
    buffer.add(batch);
  }

  @Override
  public List<Staged> seal(Position upTo) throws SinkException {
    List<FinishedFile> files = buffer.finish();
    names.prepare(log.nextNumber());
    for (FinishedFile file : files) {
      keys.computeIfAbsent(file, missing -> key(missing, upTo));
    }
    try {
      publish(files);
      store.sync();
    } catch (StoreException e) {
      checkStaged(files);
      // The same keys are published again: nothing else can have their names.
      throw new SinkException.Retryable(e.getMessage(), e);
    }
    List<Staged> staged = new ArrayList<>();
    for (FinishedFile file : files) {
      LakeFile entry = entry(file, keys.get(file));
      staged.add(new Staged(file.schema().name(), entry.rows(), entry.bytes(), entry.toJson()));
    }
    forgetFiles();
    buffer.published();
    return staged;
  }

  private void checkStaged(List<FinishedFile> files) {
    for (FinishedFile file : files) {
      if (!published.contains(file) && !Files.exists(file.path())) {
        throw new TidemarkException(
            ErrorCode.DESTINATION,
            "Cannot publish rows of table "
                + file.schema().name()
                + ": the local file "
                + file.path()
                + " was removed by somebody. Start the pipeline again.");
      }
    }
  }

  private void forgetFiles() {
    keys.clear();
    published.clear();
  }

  private String key(FinishedFile file, Position upTo) {
    String lsn =
        upTo.parts().size() == 1 ? upTo.lsn().toHex() : new Lsn(file.facts().maxLsn()).toHex();
    return config
        .layout()
        .key(file.schema().name(), file.date(), file.lastCommittedAt(), lsn, names.nextPart());
  }

  private static LakeFile entry(FinishedFile file, String key) {
    return new LakeFile(
        key,
        file.schema().name().schema(),
        file.schema().name().table(),
        file.facts().rows(),
        file.facts().bytes(),
        file.schema().version(),
        file.facts().extras(),
        file.facts().unchanged(),
        new Lsn(file.facts().minLsn()).toString(),
        new Lsn(file.facts().maxLsn()).toString(),
        List.of());
  }

  private void publish(List<FinishedFile> files) throws StoreException {
    List<Future<?>> uploads = new ArrayList<>();
    for (FinishedFile file : files) {
      if (published.contains(file)) {
        continue;
      }
      String key = keys.get(file);
      uploads.add(
          publishers.submit(
              () -> {
                store.publish(file.path(), key);
                published.add(file);
                return null;
              }));
    }
    StoreException failure = null;
    for (Future<?> upload : uploads) {
      try {
        upload.get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof StoreException problem)) {
          throw new IllegalStateException(e.getCause());
        }
        failure = problem;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StoreException(
            StoreException.Outcome.UNKNOWN, "Cannot publish files: interrupted.", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void commit(Commit commit) throws SinkException {
    Replacement joined = joined();
    List<LakeFile> added = new ArrayList<>(joined.added());
    commit.staged().forEach(piece -> added.add(LakeFile.ofJson(piece.description())));
    StateLog.Superfluous superfluous =
        log.commit(
            new StateLog.Change(
                commit.tidemark(),
                commit.committedAtMicros(),
                commit.changes(),
                added,
                joined.removedPaths()));
    names.prepare(log.nextNumber());
    upkeep.ifPresent(joining -> joining.committed(joined, log.state().files()));
    if (!superfluous.isEmpty()) {
      undeleted.add(superfluous);
    }
    if (!undeleted.isEmpty()) {
      StateLog writer = log;
      publishers.execute(() -> delete(writer));
    }
  }

  /**
   * What the next commit takes along. A commit may have shown a joined file while it was joined
   * again: its rows count by another path then, and would count twice.
   */
  private Replacement joined() {
    Replacement ready = upkeep.map(SinkUpkeep::ready).orElse(Replacement.NONE);
    if (ready.removedPaths().stream().allMatch(log.state()::counts)) {
      return ready;
    }
    upkeep.ifPresent(SinkUpkeep::drop);
    List<String> useless = ready.added().stream().map(LakeFile::path).toList();
    undeleted.add(new StateLog.Superfluous(useless, 0));
    return Replacement.NONE;
  }

  /** Deletes what commits made superfluous; what cannot be deleted is tried again by the next. */
  private void delete(StateLog writer) {
    StateLog.Superfluous next;
    while ((next = undeleted.poll()) != null) {
      try {
        writer.delete(next);
      } catch (StoreException e) {
        undeleted.add(next);
        LOG.warn("Cannot clean {} up, it is tried again later: {}", store.name(), e.getMessage());
        return;
      }
    }
  }

  @Override
  public void close() {
    upkeep.ifPresent(SinkUpkeep::close);
    publishers.shutdown();
    try {
      publishers.awaitTermination(5, TimeUnit.SECONDS); // a clean-up may still run
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (buffer != null) {
      buffer.close();
    }
    store.close();
  }
}
