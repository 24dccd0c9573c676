package io.tidemark.postgres.verify;

import io.tidemark.api.copy.SourceReader.Load;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.catalog.ServerWords;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

/**
 * Runs the statements of one session within limits and counts them. A statement that fails takes
 * nothing else along: under a snapshot it stands behind a savepoint, to which also its lock goes
 * back.
 */
final class Asking {
  private static final int FETCH = 500;

  private final Connection connection;
  private final boolean snapshot;
  private final VerifyLimits limits;
  private long statements;
  private long rows;
  private long nanos;
  private long pauseUntil = System.nanoTime();

  /**
   * @param snapshot whether a transaction is open that must stay so
   */
  Asking(Connection connection, boolean snapshot, VerifyLimits limits) throws SQLException {
    this.connection = connection;
    this.snapshot = snapshot;
    this.limits = limits;
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET statement_timeout = " + Math.max(1, limits.statement().toMillis()));
      statement.execute("SET lock_timeout = " + Math.max(1, limits.statement().toMillis()));
      statement.execute(snapshot ? "SAVEPOINT verify" : "COMMIT");
    }
  }

  /** Takes one row. */
  interface Taker {
    /**
     * @return how many rows of a table it stands for
     */
    long take(ResultSet row) throws SQLException;
  }

  /** Looks at the table once it can neither be truncated nor rewritten. */
  interface Guard {
    void check(Statement statement) throws SQLException;
  }

  /** Runs a query. */
  void ask(String what, String sql, Guard guard, Taker taker) {
    long began = System.nanoTime();
    long before = rows;
    try (Statement statement = connection.createStatement()) {
      guard.check(statement);
      statement.setFetchSize(FETCH);
      try (ResultSet row = statement.executeQuery(sql)) {
        while (row.next()) {
          rows += taker.take(row);
        }
      }
    } catch (SQLException e) {
      throw failure(what, e);
    } finally {
      end();
      long took = System.nanoTime() - began;
      statements++;
      nanos += took;
      rest(rows - before, began);
    }
  }

  /** Ends what the session has open, but for a snapshot. */
  void end() {
    try (Statement statement = connection.createStatement()) {
      statement.execute(snapshot ? "ROLLBACK TO SAVEPOINT verify" : "ROLLBACK");
    } catch (SQLException e) {
      // the next statement says what is wrong with the connection
    }
  }

  private void rest(long read, long began) {
    if (limits.rowsPerSecond() <= 0 || read == 0) {
      return;
    }
    pauseUntil =
        Math.max(pauseUntil, began) + TimeUnit.SECONDS.toNanos(1) / limits.rowsPerSecond() * read;
    try {
      TimeUnit.NANOSECONDS.sleep(Math.max(0, pauseUntil - System.nanoTime()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE, "Cannot go on reading: it was interrupted.", e);
    }
  }

  private TidemarkException failure(String what, SQLException e) {
    String state = ServerWords.state(e);
    if (state.equals("57014") || state.equals("55P03")) {
      return new TidemarkException(
          ErrorCode.LIMIT_EXCEEDED,
          "Cannot read "
              + what
              + ": a statement took longer than "
              + limits.statement().toSeconds()
              + " s. Allow more with --statement-timeout, or run it when there is less load.",
          e);
    }
    boolean away = state.startsWith("08") || state.startsWith("57") || state.isEmpty();
    return new TidemarkException(
        away ? ErrorCode.SOURCE_UNREACHABLE : ErrorCode.QUERY,
        "Cannot read " + what + ": " + ServerWords.of(e) + ". Look at it, and verify again.",
        e);
  }

  Load load() {
    return new Load(statements, rows, TimeUnit.NANOSECONDS.toMillis(nanos));
  }
}
