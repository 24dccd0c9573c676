package io.tidemark.bench;

import io.tidemark.api.model.Lsn;
import io.tidemark.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * How long a commit takes until readers of the copy see it, while a thousand transactions commit in
 * a second. Visible means: the tidemark is at or above the end of the log just behind the commit.
 */
final class Latency {
  /** The table and its publication. */
  static final String TABLE = "bench_latency";

  private static final int WRITERS = 8;
  private static final long RATE = 1000;
  private static final long WARM_UP_SECONDS = 5;
  private static final long SECONDS = 20;
  private static final long LOOK_NANOS = 2_000_000;

  private Latency() {}

  /**
   * What was measured.
   *
   * @param transactionsPerSecond the rate that was reached
   * @param p50 seconds from a commit's return to its visibility, half of all commits
   * @param p99 the same, 99 of 100
   * @param longest the same, all
   */
  record Result(double transactionsPerSecond, double p50, double p99, double longest) {}

  private record Commit(long lsn, long nanos) {}

  /** Measures a copy that follows; it is warmed up first. */
  static Result measure(EmbeddedPostgres server, FollowedCopy copy) throws Exception {
    load(server, WARM_UP_SECONDS, copy);
    return load(server, SECONDS, copy);
  }

  private static Result load(EmbeddedPostgres server, long seconds, FollowedCopy copy)
      throws Exception {
    Queue<Commit> commits = new ConcurrentLinkedQueue<>();
    AtomicReference<Exception> failure = new AtomicReference<>();
    long began = System.nanoTime();
    Thread[] writers = new Thread[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
      writers[i] = new Thread(() -> write(server, began, seconds, commits, failure), "writer-" + i);
      writers[i].start();
    }
    List<Long> waits = new ArrayList<>();
    ArrayDeque<Commit> open = new ArrayDeque<>();
    long lastCommit = began;
    boolean writing = true;
    while ((writing || !open.isEmpty()) && failure.get() == null) {
      writing = Stream.of(writers).anyMatch(Thread::isAlive);
      LockSupport.parkNanos(LOOK_NANOS);
      long tidemark = copy.tidemark().value();
      long now = System.nanoTime();
      for (Commit commit = commits.poll(); commit != null; commit = commits.poll()) {
        open.add(commit);
        lastCommit = Math.max(lastCommit, commit.nanos());
      }
      for (int left = open.size(); left > 0; left--) {
        Commit commit = open.poll();
        if (Long.compareUnsigned(commit.lsn(), tidemark) <= 0) {
          waits.add(now - commit.nanos());
        } else {
          open.add(commit);
        }
      }
    }
    for (Thread writer : writers) {
      writer.join();
    }
    if (failure.get() != null) {
      throw failure.get();
    }
    waits.sort(null);
    int count = waits.size();
    return new Result(
        count / ((lastCommit - began) / 1e9),
        waits.get(count / 2) / 1e9,
        waits.get(count * 99 / 100) / 1e9,
        waits.get(count - 1) / 1e9);
  }

  /**
   * Commits at an even rate, for at most twice the time; says of each where the log ended just
   * behind it. The disk's flushes are left out: they would bound the rate, not the latency.
   */
  private static void write(
      EmbeddedPostgres server,
      long began,
      long seconds,
      Queue<Commit> commits,
      AtomicReference<Exception> failure) {
    try (Connection db = server.connect();
        PreparedStatement insert =
            db.prepareStatement(
                "INSERT INTO " + TABLE + " " + Workload.transactions("?", "?").strip());
        PreparedStatement place = db.prepareStatement("SELECT pg_current_wal_insert_lsn()")) {
      Workload.run(db, "SET synchronous_commit = off");
      long end = began + TimeUnit.SECONDS.toNanos(2 * seconds);
      long pause = TimeUnit.SECONDS.toNanos(1) * WRITERS / RATE;
      for (long i = 0; i < seconds * RATE / WRITERS && System.nanoTime() < end; i++) {
        while (System.nanoTime() - began < i * pause) {
          LockSupport.parkNanos(Math.min(pause, began + i * pause - System.nanoTime()));
        }
        insert.setInt(1, (int) i);
        insert.setInt(2, (int) i);
        insert.executeUpdate();
        long now = System.nanoTime();
        try (ResultSet result = place.executeQuery()) {
          result.next();
          commits.add(new Commit(Lsn.parse(result.getString(1)).value(), now));
        }
      }
    } catch (Exception e) {
      failure.compareAndSet(null, e);
    }
  }
}
