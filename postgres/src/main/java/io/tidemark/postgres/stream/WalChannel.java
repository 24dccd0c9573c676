package io.tidemark.postgres.stream;

import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.core.PGStream;
import org.postgresql.core.QueryExecutorBase;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

/**
 * The connection to a walsender once streaming has started (manual, "Streaming Replication
 * Protocol"). The driver opens the connection, proves who we are and starts the streaming; from
 * there on frames are read here, for what the driver's own reader does not do: a message that is
 * too large is never taken into memory, one buffer serves for all messages, and many are taken from
 * the network at once ({@link WalInput}).
 *
 * <p>Used by one thread.
 */
final class WalChannel implements AutoCloseable {
  /** What a frame was. */
  enum Frame {
    /** A message of the output plugin. */
    DATA,
    /** The server tells how far it is. */
    KEEPALIVE,
    /** Something that is not for us. */
    OTHER
  }

  private static final MethodHandle STREAM_OF = streamAccess();

  /** Type, start, end, time. */
  private static final int DATA_HEADER = 25;

  private static final int FIRST_BUFFER = 64 << 10;

  /** A larger buffer is given back once a small message comes. */
  private static final int KEPT_BUFFER = 4 << 20;

  private static final int LARGEST_NOTICE = 1 << 20;

  private static final String CLOSED =
      "the server, or something between, closed the connection without a word (a shutdown, an ended"
          + " walsender, wal_sender_timeout, a proxy or firewall); the server's log says more";

  private final Connection connection;
  private final PGStream stream;
  private final WalInput input;
  private final StreamLimits limits;
  private final boolean binary;
  private byte[] buffer = new byte[FIRST_BUFFER];
  private int available;
  private long length;
  private long walEnd;
  private long serverMicros;
  private boolean replyRequested;

  private WalChannel(
      Connection connection, PGStream stream, StreamOptions options, StreamLimits limits)
      throws IOException {
    this.connection = connection;
    this.stream = stream;
    this.limits = limits;
    this.binary = options.binary();
    this.input = WalInput.takeOver(stream);
  }

  /**
   * Starts streaming.
   *
   * @param connection a replication connection of the driver; closed when this fails
   */
  static WalChannel start(Connection connection, StreamOptions options, StreamLimits limits)
      throws SQLException {
    try {
      PgConnection driver = connection.unwrap(PgConnection.class);
      driver.getCopyAPI().copyDual(options.command());
      return new WalChannel(connection, streamOf(driver), options, limits);
    } catch (IOException e) {
      connection.close();
      throw new PSQLException("Cannot start streaming.", PSQLState.CONNECTION_FAILURE, e);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Waits for the beginning of a frame, at most for a time (1 ms or more). */
  boolean await(int millis) throws IOException {
    try {
      return input.await(millis);
    } catch (EOFException e) {
      throw new IOException(CLOSED, e);
    }
  }

  /** Reads one frame. */
  Frame receive() throws IOException, SQLException {
    try {
      return receiveFrame();
    } catch (EOFException e) {
      throw new IOException(CLOSED, e);
    }
  }

  private Frame receiveFrame() throws IOException, SQLException {
    int type = input.readByte();
    int bytes = input.readInt() - Integer.BYTES;
    if (bytes < 0) {
      throw new IOException("The server sent a frame of " + bytes + " bytes.");
    }
    switch (type) {
      case 'd':
        return receiveData(bytes);
      case 'E':
        throw new PSQLException(new ServerErrorMessage(receiveText(bytes)));
      case 'c':
        throw new IOException("the server ended the streaming; it may be shutting down");
      case 'N', 'S', 'A', 'C', 'Z':
        input.skip(bytes);
        return Frame.OTHER;
      default:
        throw new IOException("The server sent a frame of unknown type " + type + ".");
    }
  }

  private Frame receiveData(int bytes) throws IOException {
    int first = buffer(bytes, Math.min(bytes, DATA_HEADER + StreamBlock.PREFIX_BYTES));
    byte kind = first == 0 ? 0 : buffer[0];
    if (kind == 'w' && bytes >= DATA_HEADER) {
      length = bytes - DATA_HEADER;
      long fits = first > DATA_HEADER ? limits.messageBytes(buffer[DATA_HEADER], binary) : length;
      if (length <= fits) {
        fill(first, bytes);
        available = (int) length;
      } else {
        input.skip(bytes - first);
        available = first - DATA_HEADER;
      }
      walEnd = Bytes.getLong(buffer, 9);
      return Frame.DATA;
    } else if (kind == 'k' && bytes == 18) {
      walEnd = Bytes.getLong(buffer, 1);
      serverMicros = Bytes.getLong(buffer, 9) + PgOutputDecoder.EPOCH_MICROS;
      replyRequested = buffer[17] != 0;
      return Frame.KEEPALIVE;
    }
    throw new IOException("The server sent replication data of unknown kind " + kind + ".");
  }

  /** Reads the beginning of a frame, and the whole of it where it is small; tells how much. */
  private int buffer(int bytes, int least) throws IOException {
    if (buffer.length > KEPT_BUFFER && bytes <= FIRST_BUFFER) {
      buffer = new byte[FIRST_BUFFER];
    }
    int first = bytes <= buffer.length && bytes <= limits.maxRowBytes() ? bytes : least;
    input.read(buffer, 0, first);
    return first;
  }

  private void fill(int from, int bytes) throws IOException {
    if (from < bytes) {
      if (buffer.length < bytes) {
        byte[] larger = new byte[bytes];
        System.arraycopy(buffer, 0, larger, 0, from);
        buffer = larger;
      }
      input.read(buffer, from, bytes - from);
    }
  }

  private String receiveText(int bytes) throws IOException {
    byte[] text = new byte[Math.min(bytes, LARGEST_NOTICE)];
    input.read(text, 0, text.length);
    input.skip(bytes - text.length);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** The array in which the message stands, until the next call of {@link #receive}. */
  byte[] data() {
    return buffer;
  }

  /** Where the message begins. */
  int offset() {
    return DATA_HEADER;
  }

  /** Bytes of the message that are in the array. */
  int available() {
    return available;
  }

  /** Bytes of the message; more than are {@link #available} where it is too large. */
  long length() {
    return length;
  }

  /** How far the server was when it sent the last frame, unsigned; 0 where it did not tell. */
  long walEnd() {
    return walEnd;
  }

  /** The server's clock at the last keep-alive, microseconds since 1970 UTC. */
  long serverMicros() {
    return serverMicros;
  }

  /** Whether the last keep-alive asks for a status at once. */
  boolean replyRequested() {
    return replyRequested;
  }

  /** Sends one frame of replication data. */
  void send(byte[] data) throws IOException {
    stream.sendChar('d');
    stream.sendInteger4(data.length + Integer.BYTES);
    stream.send(data);
    stream.flush();
  }

  /**
   * Ends the streaming in peace, so that the slot is free when this returns: says that we are done
   * and lets pass what the server has still sent, for a limited time.
   */
  void finish(long millis) throws IOException {
    stream.sendChar('c');
    stream.sendInteger4(Integer.BYTES);
    stream.flush();
    long until = System.nanoTime() + millis * 1_000_000;
    long left = millis;
    while (left > 0 && await((int) left)) {
      int type = input.readByte();
      input.skip(input.readInt() - Integer.BYTES);
      if (type == 'Z') {
        return;
      }
      left = (until - System.nanoTime()) / 1_000_000;
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }

  /** Breaks the connection, so that the thread that uses it comes back. Any thread. */
  void abort() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      throw new IllegalStateException("Cannot break the connection.", e);
    }
  }

  private static PGStream streamOf(PgConnection connection) {
    try {
      return (PGStream) STREAM_OF.invoke(connection.getQueryExecutor());
    } catch (Throwable e) {
      throw new IllegalStateException("Cannot reach the stream of the PostgreSQL driver.", e);
    }
  }

  /** The driver keeps its stream to itself; it opens its own for replication in the same way. */
  private static MethodHandle streamAccess() {
    try {
      return MethodHandles.privateLookupIn(QueryExecutorBase.class, MethodHandles.lookup())
          .findGetter(QueryExecutorBase.class, "pgStream", PGStream.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
