package io.tidemark.postgres.snapshot;

import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.connect.Connector;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * Copies chunks, one at a time, each in a transaction of its own under the holder's snapshot. One
 * thread uses a worker; {@link #abort} may be called by another.
 */
final class CopyWorker implements AutoCloseable {
  private static final int LOOK_EVERY = 1024;

  private final Connection reading;
  private final Connection present;

  CopyWorker(Connector connector) {
    reading = connector.bytes();
    try {
      present = connector.questions();
    } catch (RuntimeException e) {
      close(reading);
      throw e;
    }
  }

  /**
   * Copies one chunk.
   *
   * @throws AttemptLostException where what COPY would read is not what the snapshot shows
   */
  void copy(SnapshotHolder holder, CopyPlan plan, Chunk chunk, CopyRows rows, CopySink sink)
      throws SQLException, InterruptedException, AttemptLostException {
    try (Statement statement = reading.createStatement()) {
      statement.execute("SET lock_timeout = '60s'");
      SnapshotHolder.begin(statement, holder.snapshot());
      statement.execute("LOCK TABLE ONLY " + Sql.name(plan.name()) + " IN ACCESS SHARE MODE");
      checkPrint(plan);
    } catch (SQLException e) {
      endTransaction();
      throw lostOr(e);
    } catch (AttemptLostException e) {
      endTransaction();
      throw e;
    }
    try (Statement statement = reading.createStatement()) {
      CopyOut copy =
          reading.unwrap(PGConnection.class).getCopyAPI().copyOut(plan.sql(chunk.conditions()));
      read(copy, rows, sink);
      rows.end();
      statement.execute("COMMIT");
    } catch (SQLException e) {
      throw refusedOr(e, plan);
    } finally {
      endTransaction();
    }
  }

  private void read(CopyOut copy, CopyRows rows, CopySink sink)
      throws SQLException, InterruptedException, AttemptLostException {
    try {
      int messages = 0;
      byte[] data = copy.readFromCopy();
      while (data != null) {
        rows.message(data);
        if (++messages % LOOK_EVERY == 0 && !sink.isWanted()) {
          copy.cancelCopy();
          throw new AttemptLostException("the attempt is not wanted any more");
        }
        data = copy.readFromCopy();
      }
    } finally {
      OpenCopy.end(copy, reading);
    }
  }

  /**
   * COPY reads the table's present file with the present columns, only the rows are chosen by the
   * snapshot. Both are looked at with a fresh snapshot once the lock keeps them from changing.
   */
  private void checkPrint(CopyPlan plan) throws SQLException, AttemptLostException {
    String now = CatalogReader.print(present, plan.relation()).orElse("(dropped)");
    if (!now.equals(plan.print())) {
      throw new AttemptLostException(
          "the table was truncated, rewritten or altered while it was copied");
    }
  }

  /** Names gone since the snapshot, or a snapshot that is gone, cost the attempt only. */
  static SQLException lostOr(SQLException e) throws AttemptLostException {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    switch (state) {
      case "42P01", "42703", "3F000" ->
          throw new AttemptLostException("the table or a column of it was renamed or dropped", e);
      case "55P03" ->
          throw new AttemptLostException(
              "the table was locked for more than 60 s by somebody else", e);
      case "22023", "42704" ->
          throw new AttemptLostException("the snapshot is gone: " + e.getMessage(), e);
      default -> {
        return e;
      }
    }
  }

  /**
   * What the server says against a COPY whose table is as the plan has it: no other attempt helps
   * where the user's own condition is wrong.
   */
  static SQLException refusedOr(SQLException e, CopyPlan plan) throws AttemptLostException {
    return plan.chosen().isPresent() ? e : lostOr(e);
  }

  /** A COPY broken off in the middle leaves a connection that is of no use any more. */
  private void endTransaction() {
    try (Statement statement = reading.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      abort();
    }
  }

  /** Whether both connections can still be used. */
  boolean isUsable() {
    try {
      return !reading.isClosed() && !present.isClosed();
    } catch (SQLException e) {
      return false;
    }
  }

  /** Breaks off whatever the worker is doing. */
  void abort() {
    try {
      reading.abort(Runnable::run);
      present.abort(Runnable::run);
    } catch (SQLException e) {
      // gone already
    }
  }

  @Override
  public void close() {
    close(reading);
    close(present);
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // nothing was left open that the server does not end by itself
    }
  }
}
