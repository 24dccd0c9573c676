package io.tidemark.bench;

import io.tidemark.api.model.Lsn;
import io.tidemark.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Readers side by side: for each workload every reader joins twice, before the warm-up load and
 * before the measured load, with a slot of its own; then each drains its own, one reader after
 * another, in a JVM of its own.
 */
final class SlotBench {
  /** Rows of the snapshot for each row of the other workloads. */
  static final int SNAPSHOT_FACTOR = 10;

  static final List<ReaderKind> STREAM_READERS =
      List.of(
          ReaderKind.RAW_READ,
          ReaderKind.TIDEMARK,
          ReaderKind.DEBEZIUM,
          ReaderKind.DEBEZIUM_STRUCT);
  static final List<ReaderKind> SNAPSHOT_READERS =
      List.of(
          ReaderKind.RAW_COPY,
          ReaderKind.TIDEMARK_SNAPSHOT,
          ReaderKind.DEBEZIUM_SNAPSHOT,
          ReaderKind.DEBEZIUM_SNAPSHOT_STRUCT);

  /** Follows a copy that a job describes. */
  @FunctionalInterface
  interface Following {
    FollowedCopy follow(Reader.Job job) throws Exception;
  }

  private final EmbeddedPostgres server;
  private final Optional<EmbeddedPostgres> target;
  private final Path folder;
  private final long rows;
  private final long warmUpRows;

  /**
   * @param target where readers make copies that need a PostgreSQL
   * @param rows changes of a workload
   * @param warmUpRows changes that each reader takes before, in the same process
   */
  SlotBench(
      EmbeddedPostgres server,
      Optional<EmbeddedPostgres> target,
      Path folder,
      long rows,
      long warmUpRows) {
    this.server = server;
    this.target = target;
    this.folder = folder;
    this.rows = rows;
    this.warmUpRows = warmUpRows;
  }

  /** Measures readers on the stream of one workload. */
  Map<ReaderKind, Measure> stream(Workload workload, List<ReaderKind> readers) throws Exception {
    Map<ReaderKind, Reader.Job> warmUps;
    Map<ReaderKind, Reader.Job> jobs;
    String table = workload.table();
    try (Connection db = server.connect()) {
      workload.prepare(db, Math.max(rows, warmUpRows));
      Workload.run(db, "CREATE PUBLICATION " + table + " FOR TABLE " + table);
      Workload.run(db, "VACUUM ANALYZE " + table);
      warmUps = join(readers, table, workload.word() + "_warm_");
      loaded(warmUps, workload.changes(warmUpRows), workload.load(db, warmUpRows));
      jobs = join(readers, table, workload.word() + "_main_");
      loaded(jobs, workload.changes(rows), workload.load(db, rows));
      Workload.run(db, "CHECKPOINT");
    }
    Map<ReaderKind, Measure> measures = new EnumMap<>(ReaderKind.class);
    for (ReaderKind kind : readers) {
      measures.put(kind, read(kind, warmUps.get(kind), jobs.get(kind)));
    }
    try (Connection db = server.connect()) {
      Workload.run(db, "DROP TABLE " + table);
    }
    return measures;
  }

  private Map<ReaderKind, Reader.Job> join(List<ReaderKind> readers, String table, String prefix)
      throws Exception {
    Map<ReaderKind, Reader.Job> jobs = new EnumMap<>(ReaderKind.class);
    for (ReaderKind kind : readers) {
      Reader.Job job = job(kind, table, prefix + word(kind), 0);
      kind.reader().join(job);
      jobs.put(kind, job);
    }
    return jobs;
  }

  private static void loaded(Map<ReaderKind, Reader.Job> jobs, long changes, Lsn before) {
    jobs.replaceAll((kind, job) -> job.loaded(changes, before));
  }

  /** Measures readers on the snapshot of one table. */
  Map<ReaderKind, Measure> snapshot(List<ReaderKind> readers) throws Exception {
    long many = rows * SNAPSHOT_FACTOR;
    try (Connection db = server.connect()) {
      for (String table : List.of("bench_snapshot", "bench_snapshot_warm")) {
        long size = table.endsWith("warm") ? warmUpRows : many;
        Workload.createTransactions(db, table);
        Workload.run(
            db, "INSERT INTO " + table + " " + Workload.transactions("1", String.valueOf(size)));
        Workload.run(db, "ALTER TABLE " + table + " ADD PRIMARY KEY (id)");
        Workload.run(db, "CREATE PUBLICATION " + table + " FOR TABLE " + table);
        Workload.run(db, "VACUUM ANALYZE " + table);
      }
      Workload.run(db, "CHECKPOINT");
    }
    Map<ReaderKind, Measure> measures = new EnumMap<>(ReaderKind.class);
    for (ReaderKind kind : readers) {
      measures.put(
          kind,
          read(
              kind,
              job(kind, "bench_snapshot_warm", "snap_warm_" + word(kind), warmUpRows),
              job(kind, "bench_snapshot", "snap_main_" + word(kind), many)));
    }
    return measures;
  }

  /** Measures how long a commit takes to be seen in a copy. */
  Latency.Result latency(ReaderKind kind, Following following) throws Exception {
    try (Connection db = server.connect()) {
      Workload.createTransactions(db, Latency.TABLE);
      Workload.run(db, "CREATE PUBLICATION " + Latency.TABLE + " FOR TABLE " + Latency.TABLE);
    }
    Reader.Job job = job(kind, Latency.TABLE, "latency_" + word(kind), 0);
    try (FollowedCopy copy = following.follow(job)) {
      return Latency.measure(server, copy);
    } finally {
      forget(job);
      server.execute("DROP PUBLICATION " + Latency.TABLE, "DROP TABLE " + Latency.TABLE);
    }
  }

  private Measure read(ReaderKind kind, Reader.Job warmUp, Reader.Job job) throws Exception {
    if (target.isPresent()) {
      target.get().execute("CHECKPOINT");
    }
    Measure measure = ReaderProcess.run(kind, warmUp, job);
    forget(warmUp);
    forget(job);
    return measure;
  }

  private Reader.Job job(ReaderKind kind, String table, String slot, long changes)
      throws IOException, SQLException {
    return new Reader.Job(
        server.jdbcUrl("postgres"),
        EmbeddedPostgres.USER,
        server.password(),
        table,
        slot,
        table,
        changes,
        Lsn.ZERO.toString(),
        Files.createTempDirectory(folder, slot).toString(),
        kind.fillsPostgres() ? target.orElseThrow().createDatabase(slot) : "");
  }

  private static String word(ReaderKind kind) {
    return kind.name().toLowerCase(java.util.Locale.ROOT);
  }

  /** Removes what is left of a job at the servers. */
  private void forget(Reader.Job job) throws SQLException {
    server.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
            + job.slot()
            + "'");
    if (!job.target().isEmpty()) {
      target.orElseThrow().execute("DROP DATABASE " + job.slot() + " WITH (FORCE)");
    }
  }
}
