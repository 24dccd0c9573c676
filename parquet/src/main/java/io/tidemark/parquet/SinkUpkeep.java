package io.tidemark.parquet;

import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.state.LakeFile;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins small files while a pipeline writes: one run at a time on a thread of its own, whose result
 * the next commit takes along. All calls by the sink's thread.
 */
final class SinkUpkeep implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SinkUpkeep.class);

  /**
   * How eagerly files are joined.
   *
   * @param leastFiles files of a run that are worth reading and writing again
   * @param lookEvery commits between two looks at all files
   */
  record Pace(int leastFiles, int lookEvery) {
    static final Pace STANDARD = new Pace(16, 60);
  }

  private final LakeRewriter rewriter;
  private final Encoder encoder;
  private final Pace pace;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread named = new Thread(task, "parquet-join");
            named.setDaemon(true);
            return named;
          });
  private Future<Replacement> job;
  private List<LakeFile> run = List.of();
  private int commits;

  /** First files of runs that could not be joined; they wait until there is no other run. */
  private final Set<String> failed = new HashSet<>();

  SinkUpkeep(LakeRewriter rewriter, Encoder encoder, Pace pace) {
    this.rewriter = rewriter;
    this.encoder = encoder;
    this.pace = pace;
  }

  /** What is ready to be committed; the same until {@link #committed} or {@link #drop}. */
  Replacement ready() {
    if (job == null || !job.isDone()) {
      return Replacement.NONE;
    }
    try {
      return job.get();
    } catch (ExecutionException e) {
      LOG.warn("Cannot join small files, it is tried again later: {}", e.getCause().toString());
      failed.add(first(run));
      job = null;
      return Replacement.NONE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Replacement.NONE;
    }
  }

  /** Gives up what is ready. */
  void drop() {
    job = null;
  }

  /** A commit took along what was ready; may begin the next run. */
  void committed(Replacement taken, Collection<LakeFile> files) {
    if (taken != Replacement.NONE) {
      job = null;
    }
    if (job == null && (++commits % pace.lookEvery() == 0 || taken != Replacement.NONE)) {
      next(rewriter.runsWorthwhile(files, pace.leastFiles())).ifPresent(this::begin);
    }
  }

  private Optional<List<LakeFile>> next(List<List<LakeFile>> runs) {
    if (runs.stream().allMatch(candidate -> failed.contains(first(candidate)))) {
      failed.clear();
    }
    return runs.stream().filter(candidate -> !failed.contains(first(candidate))).findFirst();
  }

  private void begin(List<LakeFile> files) {
    run = files;
    job = thread.submit(() -> rewriter.join(files, encoder));
  }

  private static String first(List<LakeFile> files) {
    return files.get(0).path();
  }

  /** Forgets what was begun; its files are left to the next clean-up. */
  void discard() {
    if (job != null) {
      try {
        job.get();
      } catch (ExecutionException e) {
        LOG.debug("A join that is not needed any more failed.", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      job = null;
    }
  }

  /** Does not wait for a run that was begun: what it leaves is swept at the next start. */
  @Override
  public void close() {
    thread.shutdown();
    if (job == null || job.isDone()) {
      encoder.close();
    }
  }
}
