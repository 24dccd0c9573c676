package io.tidemark.postgres.snapshot;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.connect.Connector;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Copies a number of tables under one snapshot, chunk by chunk, with several workers. Chunks of a
 * table follow one another, so that tables become complete early. One table's failure leaves the
 * others alone; the loss of the snapshot costs every table that is not complete.
 */
public final class CopyRound {
  private final Connector connector;
  private final SnapshotHolder holder;
  private final long maxRowBytes;
  private final Deque<Part> parts = new ArrayDeque<>();
  private final List<Running> jobs = new ArrayList<>();
  private final List<CopyWorker> workers = new ArrayList<>();
  private volatile boolean aborted;

  /** A table while it is copied. */
  private static final class Running {
    final CopyJob job;
    final AtomicInteger left = new AtomicInteger();
    final AtomicBoolean over = new AtomicBoolean();

    Running(CopyJob job) {
      this.job = job;
    }
  }

  private record Part(Running table, CopyPlan plan, Chunk chunk) {}

  public CopyRound(
      Connector connector, SnapshotHolder holder, long maxRowBytes, List<CopyJob> jobs) {
    this.connector = connector;
    this.holder = holder;
    this.maxRowBytes = maxRowBytes;
    for (CopyJob job : jobs) {
      Running table = new Running(job);
      this.jobs.add(table);
      for (CopyPlan plan : job.plans()) {
        for (Chunk chunk : Chunk.parts(plan.pages())) {
          parts.add(new Part(table, plan, chunk));
          table.left.incrementAndGet();
        }
      }
    }
  }

  /**
   * Copies everything; returns when the last chunk is done or the round was aborted.
   *
   * @param threads how many workers, 1 or more
   */
  public void run(int threads) throws InterruptedException {
    for (Running table : jobs) {
      if (table.left.get() == 0) {
        end(table);
      }
    }
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < Math.min(threads, parts.size()); i++) {
      Thread thread = new Thread(this::work, "tidemark-copy-" + i);
      thread.setDaemon(true);
      thread.start();
      running.add(thread);
    }
    try {
      for (Thread thread : running) {
        thread.join();
      }
    } catch (InterruptedException e) {
      abort();
      throw e;
    }
    for (Running table : jobs) {
      // nothing is left undone silently: workers may have ended with their connections
      lose(table, "the connections of the copy were lost");
    }
  }

  /** Breaks off all workers; the tables that are not complete are lost. */
  public void abort() {
    aborted = true;
    synchronized (workers) {
      workers.forEach(CopyWorker::abort);
    }
  }

  private void work() {
    CopyWorker worker = null;
    try {
      Part part = next();
      while (part != null && !aborted) {
        if (worker == null || !worker.isUsable()) {
          worker = connect(worker);
        }
        copy(worker, part);
        part = next();
      }
    } catch (TidemarkException e) {
      // could not connect: what is left is lost, and tried again in another round
      jobs.forEach(table -> lose(table, e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (worker != null) {
        worker.close();
      }
    }
  }

  private CopyWorker connect(CopyWorker old) {
    CopyWorker worker = new CopyWorker(connector);
    synchronized (workers) {
      workers.remove(old);
      workers.add(worker);
    }
    return worker;
  }

  private Part next() {
    synchronized (parts) {
      Part part = parts.poll();
      while (part != null && part.table().over.get()) {
        part = parts.poll();
      }
      return part;
    }
  }

  private void copy(CopyWorker worker, Part part) throws InterruptedException {
    Running table = part.table();
    CopyRows rows = new CopyRows(part.plan(), table.job.stamp().fork(), maxRowBytes, table.job);
    try {
      worker.copy(holder, part.plan(), part.chunk(), rows, table.job);
      if (table.left.decrementAndGet() == 0) {
        end(table);
      }
    } catch (AttemptLostException e) {
      // the worker has ended its transaction and can read on
      lose(table, e.getMessage());
    } catch (SQLException | RuntimeException | OutOfMemoryError e) {
      worker.abort();
      CopyFailure failure = CopyFailure.of(e, part.plan().name());
      if (failure.kind() == CopyFailure.Kind.LASTING) {
        fail(table, failure.reason());
      } else {
        lose(table, failure.reason());
      }
    }
  }

  private static void end(Running table) {
    if (table.over.compareAndSet(false, true)) {
      table.job.ended();
    }
  }

  private static void lose(Running table, String reason) {
    if (table.over.compareAndSet(false, true)) {
      table.job.lost(reason);
    }
  }

  private static void fail(Running table, String reason) {
    if (table.over.compareAndSet(false, true)) {
      table.job.failed(reason);
    }
  }
}
