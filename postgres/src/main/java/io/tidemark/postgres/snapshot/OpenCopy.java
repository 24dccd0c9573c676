package io.tidemark.postgres.snapshot;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.copy.CopyOut;

/** The end of a COPY that may have been broken off. */
final class OpenCopy {
  private OpenCopy() {}

  /**
   * Gives the connection up where a COPY on it did not come to its end: the driver would have every
   * other statement wait for that end, for ever.
   */
  static void end(CopyOut copy, Connection connection) throws SQLException {
    if (copy.isActive()) {
      connection.abort(Runnable::run);
    }
  }
}
