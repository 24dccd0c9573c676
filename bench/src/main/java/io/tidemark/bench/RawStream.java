package io.tidemark.bench;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * The ceiling: pgoutput through the driver with the options that Tidemark uses, messages counted
 * and dropped.
 */
final class RawStream implements Reader {
  @Override
  public Measure read(Job job) throws Exception {
    Properties properties = new Properties();
    PGProperty.REPLICATION.set(properties, "database");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
    try (Connection connection = DriverManager.getConnection(job.url(), properties);
        PGReplicationStream stream =
            connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withAutomaticFlush(false)
                .withSlotName(job.slot())
                .withStartPosition(LogSequenceNumber.INVALID_LSN)
                .withSlotOption("proto_version", 2)
                .withSlotOption("publication_names", job.publication())
                .withSlotOption("streaming", "true")
                .withSlotOption("binary", "true")
                .withSlotOption("messages", "true")
                .start()) {
      Measure.Clock clock = new Measure.Clock();
      long changes = 0;
      boolean committed = false;
      while (changes < job.changes() || !committed) {
        ByteBuffer message = stream.read();
        byte kind = message.get();
        if (kind == 'I' || kind == 'U' || kind == 'D') {
          clock.start();
          changes++;
          committed = false;
        } else if (kind == 'C' || kind == 'c') {
          committed = true;
        }
      }
      return clock.stop(changes);
    }
  }
}
