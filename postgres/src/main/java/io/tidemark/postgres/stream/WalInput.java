package io.tidemark.postgres.stream;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.core.PGStream;
import org.postgresql.core.VisibleBufferedInputStream;

/**
 * The bytes that a walsender sends, read in large pieces.
 *
 * <p>A walsender sends every message by itself, and a reader that is faster than the server wakes
 * for each one: more work for both than the message itself. So while messages come in quick
 * succession the reader lets half a millisecond's worth of them gather before it takes them all.
 *
 * <p>Used by one thread.
 */
final class WalInput {
  private static final VarHandle INPUT =
      access(PGStream.class, "pgInput", VisibleBufferedInputStream.class);
  private static final VarHandle READ_AHEAD =
      access(VisibleBufferedInputStream.class, "endIndex", int.class);

  private static final int BUFFER = 256 << 10;

  /** What is worth taking at once: a read that gave more than this needs no gathering. */
  private static final int ENOUGH = 32 << 10;

  private static final long GATHER_NANOS = 500_000;

  /** Bytes that follow each other this closely are a busy stream; others are taken as they come. */
  private static final long BUSY_NANOS = 1_000_000;

  /** Longer silence inside a frame means that the other side is gone. */
  private static final int REST_MILLIS = 300_000;

  /** Says how long a read may wait. */
  @FunctionalInterface
  interface Patience {
    void millis(int millis) throws IOException;
  }

  private final InputStream input;
  private final Patience patience;
  private final byte[] buffer = new byte[BUFFER];
  private int position;
  private int limit;
  private int timeout;
  private boolean dense;
  private long readAt;

  /**
   * @param ahead bytes that come before those of the stream, at most {@value #BUFFER}
   */
  WalInput(InputStream input, byte[] ahead, Patience patience) {
    this.input = input;
    this.patience = patience;
    this.limit = ahead.length;
    System.arraycopy(ahead, 0, buffer, 0, limit);
  }

  /** Takes the reading over from the driver, with what it has read ahead. */
  static WalInput takeOver(PGStream stream) {
    VisibleBufferedInputStream driver = (VisibleBufferedInputStream) INPUT.get(stream);
    byte[] ahead =
        Arrays.copyOfRange(driver.getBuffer(), driver.getIndex(), (int) READ_AHEAD.get(driver));
    return new WalInput(driver.getWrapped(), ahead, stream::setNetworkTimeout);
  }

  /** Waits for the next byte, at most for a time (1 ms or more). */
  boolean await(int millis) throws IOException {
    if (position < limit) {
      return true;
    }
    if (!dense && limit > 0 && System.nanoTime() - readAt < BUSY_NANOS) {
      LockSupport.parkNanos(GATHER_NANOS);
    }
    try {
      refill(millis);
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  /** The next byte, 0 to 255. */
  int readByte() throws IOException {
    if (position == limit) {
      refill(REST_MILLIS);
    }
    return buffer[position++] & 0xff;
  }

  /** The next four bytes, the highest first. */
  int readInt() throws IOException {
    return readByte() << 24 | readByte() << 16 | readByte() << 8 | readByte();
  }

  /** Reads bytes into an array. */
  void read(byte[] to, int offset, int bytes) throws IOException {
    int done = 0;
    while (done < bytes) {
      if (position == limit) {
        refill(REST_MILLIS);
      }
      int some = Math.min(bytes - done, limit - position);
      System.arraycopy(buffer, position, to, offset + done, some);
      position += some;
      done += some;
    }
  }

  /** Passes over bytes. */
  void skip(long bytes) throws IOException {
    for (long left = bytes; left > 0; ) {
      if (position == limit) {
        refill(REST_MILLIS);
      }
      int some = (int) Math.min(left, limit - position);
      position += some;
      left -= some;
    }
  }

  private void refill(int millis) throws IOException {
    if (timeout != millis) {
      patience.millis(millis);
      timeout = millis;
    }
    int read = input.read(buffer, 0, BUFFER);
    if (read < 0) {
      throw new EOFException();
    }
    position = 0;
    limit = read;
    dense = read >= ENOUGH;
    readAt = System.nanoTime();
  }

  private static VarHandle access(Class<?> owner, String field, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
          .findVarHandle(owner, field, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
