package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.parquet.state.DataFiles;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.parquet.state.Retention;
import io.tidemark.parquet.state.StateLog;
import io.tidemark.parquet.state.StateReader;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * The upkeep of a lake while no pipeline writes to it: it takes the writing over as a writer does,
 * so a pipeline that runs is fenced and must be started again. One thread.
 */
public final class LakeUpkeep implements AutoCloseable {
  private static final int RUNS_PER_COMMIT = 50;

  private final ParquetConfig config;
  private final ObjectStore store;
  private final StateLog log;
  private final FileNames names = new FileNames();
  private final LakeRewriter rewriter;
  private final Encoder encoder;

  /**
   * What was done.
   *
   * @param filesBefore files that were replaced
   * @param filesAfter files that took their place
   * @param bytesBefore length of those that were replaced
   * @param bytesAfter length of those that took their place
   */
  public record Report(int filesBefore, int filesAfter, long bytesBefore, long bytesAfter) {
    private static final Report NOTHING = new Report(0, 0, 0, 0);

    private Report plus(Replacement more) {
      return new Report(
          filesBefore + more.removed().size(),
          filesAfter + more.added().size(),
          bytesBefore + more.removed().stream().mapToLong(LakeFile::bytes).sum(),
          bytesAfter + more.added().stream().mapToLong(LakeFile::bytes).sum());
    }
  }

  private LakeUpkeep(ParquetConfig config, ObjectStore store, StateLog log) {
    this.config = config;
    this.store = store;
    this.log = log;
    names.begin(log.epoch());
    this.rewriter = new LakeRewriter(store, config, names);
    this.encoder = new Encoder(config.compressionLevel());
  }

  /** Takes a lake over; fences its pipeline if one runs. */
  public static LakeUpkeep open(ParquetConfig config) {
    return open(config, LakeStores.open(config), Clock.systemUTC());
  }

  static LakeUpkeep open(ParquetConfig config, ObjectStore store, Clock clock) {
    try {
      if (new StateReader(store).load(AsOf.LATEST).isEmpty()) {
        throw new TidemarkException(
            ErrorCode.USAGE,
            "Cannot keep up a lake at " + store.name() + ": there is none. Look at the path.");
      }
      StateLog log = StateLog.claim(store, LakeStores.exclusion(config), retention(config), clock);
      log.removeOrphans();
      store.sweep(log.epoch(), DataFiles::isName);
      return new LakeUpkeep(config, store, log);
    } catch (StoreException e) {
      store.close();
      throw new TidemarkException(ErrorCode.DESTINATION, e.getMessage(), e);
    } catch (TidemarkException e) {
      store.close();
      throw e;
    }
  }

  static Retention retention(ParquetConfig config) {
    return new Retention(config.checkpointEvery(), config.retainTidemarks(), ParquetConfig.GRACE);
  }

  /** The pipeline's state as of the last commit, as a sink returns it. */
  public SortedMap<String, String> entries() {
    return log.state().entries();
  }

  /** Joins small files, writes the whole state anew, and ends the retention of what is too old. */
  public Report compact() {
    Report report = Report.NOTHING;
    List<List<LakeFile>> runs = rewriter.runs(log.state().files());
    for (int from = 0; from < runs.size(); from += RUNS_PER_COMMIT) {
      names.prepare(log.nextNumber());
      Replacement all = new Replacement(new ArrayList<>(), new ArrayList<>());
      for (List<LakeFile> run : runs.subList(from, Math.min(runs.size(), from + RUNS_PER_COMMIT))) {
        Replacement one = attempt(() -> rewriter.join(run, encoder));
        all.removed().addAll(one.removed());
        all.added().addAll(one.added());
      }
      attempt(() -> log.commit(log.replacing(all.removedPaths(), all.added())));
      report = report.plus(all);
    }
    commitWhole(Replacement.NONE, retention(config));
    return report;
  }

  /**
   * Removes every trace of one key from the lake: files that say something of it are written again
   * without, and earlier tidemarks, which show it, can no longer be read. The key must have no row
   * any more. Keys that its row had before or after stay as they are.
   *
   * @param key every column of the key with its value as PostgreSQL writes it
   * @return what was written again; nothing where the key was not found
   */
  public Report erase(TableName table, Map<String, String> key) {
    List<LakeFile> files =
        log.state().files().stream().filter(file -> file.tableName().equals(table)).toList();
    if (files.isEmpty() || key.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE,
          "Cannot erase a key of table "
              + table
              + ": the lake has no rows of that table or no key is given. Look at the names.");
    }
    names.prepare(log.nextNumber());
    Replacement replacement = attempt(() -> rewriter.erase(files, key, encoder));
    commitWhole(replacement, new Retention(1, 0, Duration.ZERO));
    return Report.NOTHING.plus(replacement);
  }

  /**
   * Ends the retention of all but the newest tidemarks.
   *
   * @param keep number of commits that stay readable
   */
  public void forget(long keep) {
    commitWhole(Replacement.NONE, new Retention(1, keep, ParquetConfig.GRACE));
  }

  private void commitWhole(Replacement replacement, Retention retention) {
    StateLog.Superfluous superfluous =
        attempt(
            () ->
                log.commitWhole(
                    log.replacing(replacement.removedPaths(), replacement.added()), retention));
    attempt(
        () -> {
          log.delete(superfluous);
          return null;
        });
  }

  private interface Act<T> {
    T run() throws StoreException, SinkException;
  }

  private <T> T attempt(Act<T> act) {
    try {
      return act.run();
    } catch (SinkException.Fenced e) {
      throw new TidemarkException(ErrorCode.FENCED, e.getMessage(), e);
    } catch (StoreException | SinkException e) {
      throw new TidemarkException(ErrorCode.DESTINATION, e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    encoder.close();
    store.close();
  }
}
