package io.tidemark.postgres.sink;

import java.sql.SQLException;
import org.postgresql.copy.CopyIn;
import org.slf4j.LoggerFactory;

/** One COPY in progress, sent in pieces. */
final class CopyStream implements AutoCloseable {
  private static final int PIECE = 1 << 16;

  private final CopyIn copy;
  private final CopyBuffer buffer = new CopyBuffer();

  CopyStream(CopyIn copy) {
    this.copy = copy;
  }

  CopyBuffer buffer() {
    return buffer;
  }

  /** Sends what has gathered, if that is worth it. */
  void flushFull() throws SQLException {
    if (buffer.length() >= PIECE) {
      flush();
    }
  }

  private void flush() throws SQLException {
    copy.writeToCopy(buffer.bytes(), 0, buffer.length());
    buffer.clear();
  }

  void end() throws SQLException {
    flush();
    copy.endCopy();
  }

  /** Takes a COPY back that was not ended. */
  @Override
  public void close() {
    if (copy.isActive()) {
      try {
        copy.cancelCopy();
      } catch (SQLException e) {
        LoggerFactory.getLogger(CopyStream.class).debug("A COPY was cancelled.", e);
      }
    }
  }
}
