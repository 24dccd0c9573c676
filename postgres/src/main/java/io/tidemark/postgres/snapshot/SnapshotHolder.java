package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.ExportedSlot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A transaction that keeps a slot's exported snapshot alive: the exported one ends with the next
 * command on the slot's own connection, so it is taken over here and exported again for the
 * workers.
 */
public final class SnapshotHolder implements AutoCloseable {
  private final Connection connection;
  private final Lsn point;
  private final String snapshot;
  private final long takenAtMicros;

  private SnapshotHolder(Connection connection, Lsn point, String snapshot, long takenAtMicros) {
    this.connection = connection;
    this.point = point;
    this.snapshot = snapshot;
    this.takenAtMicros = takenAtMicros;
  }

  /** Takes a slot's snapshot over; afterwards the slot's connection may be closed. */
  public static SnapshotHolder take(Connector connector, ExportedSlot slot) throws SQLException {
    Connection connection = connector.questions();
    try (Statement statement = connection.createStatement()) {
      begin(statement, slot.snapshot());
      try (ResultSet row =
          statement.executeQuery(
              "SELECT pg_export_snapshot(), (extract(epoch FROM now()) * 1000000)::bigint")) {
        row.next();
        return new SnapshotHolder(connection, slot.point(), row.getString(1), row.getLong(2));
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Begins a transaction in another session that sees exactly what a snapshot shows. */
  static void begin(Statement statement, String snapshot) throws SQLException {
    statement.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    statement.execute("SET TRANSACTION SNAPSHOT '" + snapshot + "'");
  }

  /** A session inside the snapshot's transaction; to be used by one thread, for queries only. */
  public Connection connection() {
    return connection;
  }

  /** Commits below this are in the snapshot, all others are not. */
  public Lsn point() {
    return point;
  }

  /** Identifier that workers import. */
  String snapshot() {
    return snapshot;
  }

  /** When it was taken, microseconds since 1970 UTC by the server's clock. */
  public long takenAtMicros() {
    return takenAtMicros;
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // the server ends the transaction when the connection goes
    }
  }
}
