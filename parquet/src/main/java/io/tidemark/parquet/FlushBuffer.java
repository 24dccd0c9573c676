package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.parquet.file.Encoder;
import io.tidemark.parquet.file.RowRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What is staged between two seals: rows in memory up to a bound, beyond it in local Parquet files.
 * Called by one thread; encodes on a few of its own, with at most as much memory in their hands as
 * is gathered.
 */
final class FlushBuffer implements AutoCloseable {
  private static final long DAY_MICROS = 86_400_000_000L;
  private static final long MAX_ROWS = 1 << 20;

  /** Files that may be open at the same time; a process has about a thousand handles. */
  private static final int MAX_OPEN_FILES = 128;

  private record Key(TableName table, int version, LocalDate date) {}

  private final ParquetConfig config;
  private final Path folder;
  private final FileNames names;
  private final ExecutorService threads;
  private final Queue<Encoder> encoders = new ConcurrentLinkedQueue<>();
  private final Map<Key, TablePart> parts = new HashMap<>();
  private final Queue<FinishedFile> finished = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicInteger openFiles = new AtomicInteger();
  private final Object inFlightLock = new Object();
  private long inFlightBytes;
  private long bytes;
  private long rows;

  FlushBuffer(ParquetConfig config, Path folder, FileNames names) {
    this.config = config;
    this.folder = folder;
    this.names = names;
    AtomicInteger started = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            Math.max(2, Runtime.getRuntime().availableProcessors()),
            task -> {
              Thread thread = new Thread(task, "parquet-encode-" + started.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Takes rows; may wait until earlier ones are encoded. */
  void add(ChangeBatch batch) {
    throwFailure();
    if (batch.size() == 0) {
      return;
    }
    long batchBytes = batch.bytes();
    int from = 0;
    while (from < batch.size()) {
      long day = day(batch, from);
      int to = from + 1;
      while (to < batch.size() && day(batch, to) == day) {
        to++;
      }
      RowRun run = new RowRun(batch, from, to);
      part(batch, day).add(run, batchBytes * run.rows() / batch.size());
      from = to;
    }
    bytes += batchBytes;
    rows += batch.size();
    if (bytes >= config.rowGroupBytes() || rows >= MAX_ROWS) {
      encodeLargest();
    }
    if (batchBytes >= config.rowGroupBytes() / 2) {
      awaitRoom(config.rowGroupBytes()); // before the caller makes another one as large
      release(config.rowGroupBytes());
    }
  }

  private long day(ChangeBatch batch, int row) {
    return config.layout().splitsByDate() ? Math.floorDiv(batch.committedAt(row), DAY_MICROS) : 0;
  }

  private TablePart part(ChangeBatch batch, long day) {
    LocalDate date = LocalDate.ofEpochDay(day);
    return parts.computeIfAbsent(
        new Key(batch.table(), batch.schema().version(), date),
        key -> new TablePart(batch.schema(), date));
  }

  /** Makes room by encoding what holds most, until half of the memory is free. */
  private void encodeLargest() {
    List<TablePart> bySize = new ArrayList<>(parts.values());
    bySize.sort(Comparator.comparingLong(TablePart::bytes).reversed());
    for (TablePart part : bySize) {
      if (bytes <= config.rowGroupBytes() / 2 && rows <= MAX_ROWS / 2) {
        return;
      }
      encode(part);
    }
  }

  private CompletableFuture<Void> encode(TablePart part) {
    long partBytes = part.bytes();
    bytes -= partBytes;
    rows -= part.rows();
    List<RowRun> runs = part.take();
    awaitRoom(partBytes);
    return part.then(() -> attempt(() -> encode(part, runs)), threads)
        .whenComplete((done, problem) -> release(partBytes));
  }

  private void encode(TablePart part, List<RowRun> runs) throws IOException {
    Encoder encoder = encoders.poll();
    if (encoder == null) {
      encoder = new Encoder(config.compressionLevel());
    }
    try {
      part.encode(runs, encoder, this::newPath, this::noteFinished);
      if (part.fileBytes() >= config.targetFileBytes() || openFiles.get() > MAX_OPEN_FILES) {
        part.finish(this::noteFinished);
      }
    } finally {
      encoders.add(encoder);
    }
  }

  private Path newPath() {
    openFiles.incrementAndGet();
    return folder.resolve(names.nextStaged());
  }

  private void noteFinished(FinishedFile file) {
    openFiles.decrementAndGet();
    finished.add(file);
  }

  /**
   * Encodes everything that is left and ends all files. May be called again after a failure of what
   * follows: files that were finished before come again.
   */
  List<FinishedFile> finish() {
    List<CompletableFuture<Void>> last = new ArrayList<>();
    for (TablePart part : parts.values()) {
      if (part.rows() > 0) {
        encode(part);
      }
      last.add(part.then(() -> attempt(() -> part.finish(this::noteFinished)), threads));
    }
    CompletableFuture.allOf(last.toArray(CompletableFuture[]::new)).join();
    throwFailure();
    parts.clear();
    return List.copyOf(finished);
  }

  /** Forgets the finished files: they are in the store. */
  void published() {
    finished.clear();
  }

  /** Forgets everything staged. */
  void discard() {
    for (TablePart part : parts.values()) {
      part.then(() -> attempt(part::abandon), threads).exceptionally(problem -> null).join();
    }
    parts.clear();
    for (FinishedFile file : finished) {
      try {
        Files.deleteIfExists(file.path());
      } catch (IOException e) {
        // The next sweep takes it.
      }
    }
    finished.clear();
    bytes = 0;
    rows = 0;
    openFiles.set(0);
    failure.set(null);
  }

  private interface Step {
    void run() throws IOException;
  }

  /** After one failure nothing more is done: what is staged can no longer be sealed. */
  private void attempt(Step step) {
    if (failure.get() != null) {
      return;
    }
    try {
      step.run();
    } catch (IOException | RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    }
  }

  private void throwFailure() {
    Throwable problem = failure.get();
    if (problem instanceof IOException) {
      throw new TidemarkException(
          ErrorCode.DESTINATION,
          "Cannot write Parquet files in "
              + folder
              + ": "
              + problem.getMessage()
              + ". Look for space and rights there, then start again.",
          problem);
    } else if (problem != null) {
      throw new CompletionException(problem);
    }
  }

  private void awaitRoom(long wanted) {
    synchronized (inFlightLock) {
      while (inFlightBytes > 0 && inFlightBytes + wanted > config.rowGroupBytes()) {
        try {
          inFlightLock.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new TidemarkException(
              ErrorCode.DESTINATION, "Cannot stage rows: interrupted while waiting.", e);
        }
      }
      inFlightBytes += wanted;
    }
  }

  private void release(long done) {
    synchronized (inFlightLock) {
      inFlightBytes -= done;
      inFlightLock.notifyAll();
    }
  }

  @Override
  public void close() {
    discard();
    threads.shutdownNow();
    try {
      threads.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    encoders.forEach(Encoder::close);
  }
}
