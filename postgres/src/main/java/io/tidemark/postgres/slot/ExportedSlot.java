package io.tidemark.postgres.slot;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.OpenTransactions;
import io.tidemark.postgres.connect.Connector;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A slot just created, with the snapshot that the server exported at its consistent point: what
 * committed below {@link #point} is in the snapshot, everything else comes through the stream. The
 * snapshot lives until {@link #close} or any further command on this connection.
 */
public final class ExportedSlot implements AutoCloseable {
  private static final Duration LOOK = Duration.ofSeconds(2);

  private final Connection connection;
  private final String name;
  private final Lsn point;
  private final String snapshot;

  private ExportedSlot(Connection connection, String name, Lsn point, String snapshot) {
    this.connection = connection;
    this.name = name;
    this.point = point;
    this.snapshot = snapshot;
  }

  /** What kind of slot is made. */
  public enum Kind {
    /** Stays until it is dropped. */
    LASTING,
    /** Stays, and is synchronised to standbys (PostgreSQL 17 and newer). */
    FAILOVER,
    /** Is gone with its connection. */
    TEMPORARY
  }

  /**
   * Creates a slot. The server waits for every transaction that is running; the wait is bounded,
   * and told.
   *
   * @param waiting takes, every few seconds while it lasts, what is waited for
   * @throws TidemarkException where the slot cannot be made, or not in time
   */
  public static ExportedSlot create(
      Connector connector, String name, Kind kind, Duration limit, Consumer<String> waiting)
      throws InterruptedException {
    Connection connection = connector.replication();
    FutureTask<ExportedSlot> task = new FutureTask<>(() -> create(connection, name, kind));
    Thread thread = new Thread(task, "tidemark-slot-create");
    thread.setDaemon(true);
    thread.start();
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      while (true) {
        try {
          return task.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          String blocker = blocker(connector);
          waiting.accept(
              "Waiting for older transactions to end, to create slot " + name + ": " + blocker);
          if (System.nanoTime() - deadline > 0) {
            throw new TidemarkException(
                ErrorCode.SOURCE_NOT_READY,
                "Cannot create slot "
                    + name
                    + ": for "
                    + limit.toSeconds()
                    + " s it had to wait for older transactions to end; "
                    + blocker
                    + " End that transaction and start again.",
                e);
          }
        }
      }
    } catch (ExecutionException e) {
      closeQuietly(connection);
      throw failure(name, e.getCause());
    } catch (InterruptedException | TidemarkException e) {
      abort(connection);
      throw e;
    }
  }

  private static ExportedSlot create(Connection connection, String name, Kind kind)
      throws SQLException {
    String command =
        "CREATE_REPLICATION_SLOT \""
            + name
            + switch (kind) {
              case LASTING -> "\" LOGICAL pgoutput EXPORT_SNAPSHOT";
              case TEMPORARY -> "\" TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT";
              case FAILOVER -> "\" LOGICAL pgoutput (SNAPSHOT 'export', FAILOVER true)";
            };
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(command)) {
      row.next();
      return new ExportedSlot(connection, name, Lsn.parse(row.getString(2)), row.getString(3));
    }
  }

  private static String blocker(Connector connector) {
    try (Connection sql = connector.questions()) {
      return OpenTransactions.oldest(sql);
    } catch (SQLException | TidemarkException e) {
      return "the server does not answer which.";
    }
  }

  private static RuntimeException failure(String name, Throwable cause) {
    if (cause instanceof TidemarkException known) {
      return known;
    }
    String state = cause instanceof SQLException sql ? String.valueOf(sql.getSQLState()) : "";
    String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    String remedy =
        switch (state) {
          case "42501" ->
              "The role needs the right to replicate. Run: ALTER ROLE ... REPLICATION"
                  + " (on managed services grant their replication role).";
          case "53400" ->
              "Raise max_replication_slots and restart the server, or drop a slot that nobody"
                  + " reads.";
          case "55000" -> "Set wal_level = logical and restart the server.";
          default -> "Run doctor to see what the server lacks.";
        };
    return new TidemarkException(
        state.startsWith("08") || state.startsWith("57")
            ? ErrorCode.SOURCE_UNREACHABLE
            : ErrorCode.SOURCE_NOT_READY,
        "Cannot create slot " + name + ": " + reason + ". " + remedy,
        cause);
  }

  /** Ends a command that may still be waiting at the server. */
  private static void abort(Connection connection) {
    try {
      connection.unwrap(org.postgresql.PGConnection.class).cancelQuery();
    } catch (SQLException e) {
      // the close below ends it as well, as soon as the server looks
    }
    closeQuietly(connection);
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // a connection that cannot be closed is closed already
    }
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** The consistent point: commits at or above it are not in the snapshot. */
  public Lsn point() {
    return point;
  }

  /** Identifier for {@code SET TRANSACTION SNAPSHOT}. */
  public String snapshot() {
    return snapshot;
  }

  /** Closes the connection: ends the snapshot, and drops a temporary slot. */
  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      closeQuietly(connection);
    }
  }
}
