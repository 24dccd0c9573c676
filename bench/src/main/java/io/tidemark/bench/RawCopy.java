package io.tidemark.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/** The ceiling of a snapshot: one binary COPY of the whole table, rows counted and dropped. */
final class RawCopy implements Reader {
  @Override
  public Measure read(Job job) throws Exception {
    try (Connection connection = DriverManager.getConnection(job.url())) {
      Measure.Clock clock = new Measure.Clock();
      clock.start();
      CopyOut copy =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyOut("COPY " + job.table() + " TO STDOUT (FORMAT binary)");
      long messages = 0;
      while (copy.readFromCopy() != null) {
        messages++;
      }
      // The header comes in a message of its own on some versions, the trailer always does.
      if (messages < job.changes()) {
        throw new IllegalStateException(
            "Read " + messages + " rows, expected " + job.changes() + ".");
      }
      return clock.stop(job.changes());
    }
  }
}
