package io.tidemark.bench;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * DuckDB's own import of the rows of a snapshot: one Parquet file, which DuckDB has written before
 * the clock runs, into a table of a new DuckDB file, checkpointed.
 */
final class ParquetImport implements Reader {
  @Override
  public Measure read(Job job) throws Exception {
    Path parquet = Path.of(job.folder(), "rows.parquet");
    String rows =
        Workload.transactions("1", Long.toString(job.changes()))
            .replace("(ARRAY[", "([")
            .replace(
                "timestamptz '2026-01-01' + g *", "timestamptz '2026-01-01 00:00:00+00' + g *");
    try (Connection db = DriverManager.getConnection("jdbc:duckdb:")) {
      run(db, "COPY (" + rows + ") TO '" + parquet + "' (FORMAT parquet, COMPRESSION zstd)");
    }
    Path file = Path.of(job.folder(), "imported.duckdb");
    Measure.Clock clock = new Measure.Clock();
    clock.start();
    try (Connection db = DriverManager.getConnection("jdbc:duckdb:" + file)) {
      run(db, "CREATE TABLE " + job.table() + " AS FROM read_parquet('" + parquet + "')");
      run(db, "CHECKPOINT");
    }
    return clock.stop(job.changes());
  }

  private static void run(Connection db, String sql) throws SQLException {
    try (Statement statement = db.createStatement()) {
      statement.execute(sql);
    }
  }
}
