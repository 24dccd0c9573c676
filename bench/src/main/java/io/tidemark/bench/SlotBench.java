package io.tidemark.bench;

import io.tidemark.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Readers side by side: for each workload every reader gets two slots, one before the warm-up load
 * and one before the measured load; then each drains its own, one reader after another, in a JVM of
 * its own.
 */
final class SlotBench {
  /** Rows of the snapshot for each row of the other workloads. */
  static final int SNAPSHOT_FACTOR = 10;

  private static final int WARM_UP_SHARE = 4;
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

  private final EmbeddedPostgres server;
  private final Path folder;
  private final long rows;
  private final List<ReaderKind> streamReaders;
  private final List<ReaderKind> snapshotReaders;

  SlotBench(
      EmbeddedPostgres server,
      Path folder,
      long rows,
      List<ReaderKind> streamReaders,
      List<ReaderKind> snapshotReaders) {
    this.server = server;
    this.folder = folder;
    this.rows = rows;
    this.streamReaders = streamReaders;
    this.snapshotReaders = snapshotReaders;
  }

  /** Measures every reader on the stream of one workload. */
  Map<ReaderKind, Measure> stream(Workload workload)
      throws SQLException, IOException, InterruptedException {
    long warmUpRows = Math.max(2000, rows / WARM_UP_SHARE);
    String warm = workload.word() + "_warm_";
    String main = workload.word() + "_main_";
    try (Connection db = server.connect()) {
      workload.prepare(db, Math.max(rows, warmUpRows));
      Workload.run(db, "CREATE PUBLICATION " + workload.table() + " FOR TABLE " + workload.table());
      Workload.run(db, "VACUUM ANALYZE " + workload.table());
      createSlots(db, warm);
      workload.load(db, warmUpRows);
      createSlots(db, main);
      workload.load(db, rows);
      Workload.run(db, "CHECKPOINT");
    }
    Map<ReaderKind, Measure> measures = new EnumMap<>(ReaderKind.class);
    for (ReaderKind kind : streamReaders) {
      measures.put(
          kind,
          ReaderProcess.run(
              kind,
              job(workload.table(), warm + word(kind), workload.changes(warmUpRows)),
              job(workload.table(), main + word(kind), workload.changes(rows))));
      dropSlots(kind, warm, main);
    }
    try (Connection db = server.connect()) {
      Workload.run(db, "DROP TABLE " + workload.table());
    }
    return measures;
  }

  /** Measures every reader on the snapshot of one table. */
  Map<ReaderKind, Measure> snapshot() throws SQLException, IOException, InterruptedException {
    long many = rows * SNAPSHOT_FACTOR;
    long warmUpRows = Math.max(2000, rows / WARM_UP_SHARE);
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
    for (ReaderKind kind : snapshotReaders) {
      measures.put(
          kind,
          ReaderProcess.run(
              kind,
              job("bench_snapshot_warm", "snap_warm_" + word(kind), warmUpRows),
              job("bench_snapshot", "snap_main_" + word(kind), many)));
      dropSlots(kind, "snap_warm_", "snap_main_");
    }
    return measures;
  }

  /** Measures how long a commit takes to be seen in the copy. */
  Latency.Result latency() throws Exception {
    try (Connection db = server.connect()) {
      Workload.createTransactions(db, Latency.TABLE);
      Workload.run(db, "CREATE PUBLICATION " + Latency.TABLE + " FOR TABLE " + Latency.TABLE);
      Workload.run(
          db, "SELECT pg_create_logical_replication_slot('" + Latency.TABLE + "', 'pgoutput')");
    }
    return Latency.measure(server, job(Latency.TABLE, Latency.TABLE, 0));
  }

  private Reader.Job job(String table, String slot, long changes) throws IOException {
    return new Reader.Job(
        server.jdbcUrl("postgres"),
        EmbeddedPostgres.USER,
        server.password(),
        table,
        slot,
        table,
        changes,
        Files.createTempDirectory(folder, slot).toString());
  }

  private static String word(ReaderKind kind) {
    return kind.name().toLowerCase(java.util.Locale.ROOT);
  }

  private void createSlots(Connection db, String prefix) throws SQLException {
    for (ReaderKind kind : streamReaders) {
      Workload.run(
          db,
          "SELECT pg_create_logical_replication_slot('" + prefix + word(kind) + "', 'pgoutput')");
    }
  }

  private void dropSlots(ReaderKind kind, String... prefixes) throws SQLException {
    try (Connection db = server.connect()) {
      for (String prefix : prefixes) {
        Workload.run(
            db,
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
                + prefix
                + word(kind)
                + "'");
      }
    }
  }
}
