package io.tidemark.postgres.stream;

import io.tidemark.api.model.Lsn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Reads the changes of a slot on a thread of its own and tells a {@link StreamListener}.
 *
 * <p>It never waits for a sink. When more bytes are queued than the {@link ByteBudget} allows it
 * stops reading, and goes on telling the server that it lives; the same during the release of a
 * long transaction. The server is told to forget only what {@link #confirm} names.
 *
 * <p>One reader serves one connection. When that is lost, {@link StreamListener#ended} says so, and
 * a new reader starts at a position of the caller's choice.
 */
public final class ReplicationReader implements AutoCloseable {
  /** Frames that are read before anything else is looked at, unless they come too slowly. */
  private static final int BURST = 64;

  private static final int BURST_MILLIS = 1;
  private static final int SLICE_MILLIS = 20;
  private static final long SILENCE_NANOS = 300_000_000_000L;
  private static final long FAREWELL_MILLIS = 3_000;
  private static final long JOIN_MILLIS = 8_000;

  private final WalChannel channel;
  private final ByteBudget budget;
  private final StreamListener listener;
  private final TransactionAssembler assembler;
  private final StandbyStatus status;
  private final Thread thread;
  private long heardAt;
  private volatile boolean stopped;
  private volatile long received;
  private volatile long rows;
  private volatile long lastCommitMicros;

  private ReplicationReader(
      WalChannel channel,
      ByteBudget budget,
      StreamListener listener,
      TransactionAssembler assembler) {
    this.channel = channel;
    this.budget = budget;
    this.listener = listener;
    this.assembler = assembler;
    this.heardAt = System.nanoTime();
    this.status = new StandbyStatus(heardAt);
    this.thread = new Thread(this::run, "tidemark-stream");
    assembler.pace(this::pause);
  }

  /**
   * Starts streaming. When this returns the server has accepted; from then on the listener is
   * called.
   *
   * @param connection a replication connection ({@code replication=database}) of the PostgreSQL
   *     driver; the reader owns it from here on and closes it, also when this fails
   * @throws SQLException what the server said against it: no such slot, slot in use, no right
   */
  public static ReplicationReader start(
      Connection connection,
      StreamOptions options,
      StreamLimits limits,
      ByteBudget budget,
      RelationResolver resolver,
      StreamListener listener)
      throws SQLException {
    WalChannel channel = WalChannel.start(connection, options, limits);
    TransactionAssembler assembler;
    try {
      assembler = new TransactionAssembler(options, limits, resolver, listener, System::nanoTime);
    } catch (RuntimeException e) {
      channel.close();
      throw e;
    }
    ReplicationReader reader = new ReplicationReader(channel, budget, listener, assembler);
    reader.thread.start();
    return reader;
  }

  /**
   * Lets the server forget the log below a position; never goes back. Told to the server within
   * about a second. Any thread.
   *
   * @param lsn end LSN of a commit of which everything is durable, or a position told by {@link
   *     StreamListener#keepAlive}; unsigned
   */
  public void confirm(long lsn) {
    status.confirm(lsn);
  }

  /** How far the reading has come. Any thread. */
  public StreamProgress progress() {
    return new StreamProgress(
        new Lsn(received),
        new Lsn(status.confirmed()),
        lastCommitMicros,
        rows,
        assembler.spilled());
  }

  /**
   * Ends the reading: tells the server what was confirmed last, ends the streaming, closes the
   * connection and deletes local files. Waits for the thread some seconds at most; not to be called
   * by the listener.
   */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(JOIN_MILLIS);
      if (thread.isAlive()) {
        channel.abort();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Exception failure = null;
    try (channel;
        assembler) {
      status.send(channel, System.nanoTime());
      read();
      status.send(channel, System.nanoTime());
      channel.finish(FAREWELL_MILLIS);
    } catch (UncheckedIOException e) {
      failure = e.getCause();
    } catch (Exception e) {
      failure = e;
    } catch (Error e) {
      failure = new IllegalStateException("Cannot go on reading the stream: " + e, e);
    }
    listener.ended(stopped ? Optional.empty() : Optional.ofNullable(failure));
  }

  private void read() throws IOException, SQLException {
    while (mayGoOn()) {
      int count = 0;
      while (count < BURST
          && budget.hasRoom()
          && channel.await(count == 0 ? waitMillis() : BURST_MILLIS)) {
        receive();
        count++;
      }
      turn(count);
    }
  }

  /** What is to be done now and then: here after some frames, or when none has come. */
  private void turn(int count) throws IOException {
    assembler.flushIfDue();
    long now = System.nanoTime();
    if (count > 0) {
      heardAt = now;
    } else if (now - heardAt > SILENCE_NANOS) {
      throw new IOException(
          "the server has been silent for five minutes, so the network is taken for broken");
    } else if (listener.isWaiting()) {
      status.ask(channel, now);
    }
    status.sendIfDue(channel, now);
    publish();
  }

  private int waitMillis() {
    long left = assembler.flushIfDue();
    return left <= 0 ? SLICE_MILLIS : (int) Math.min(SLICE_MILLIS, left / 1_000_000 + 1);
  }

  private void receive() throws IOException, SQLException {
    switch (channel.receive()) {
      case DATA -> {
        status.heard(channel.walEnd());
        assembler.accept(channel.data(), channel.offset(), channel.available(), channel.length());
      }
      case KEEPALIVE -> {
        status.heard(channel.walEnd());
        assembler.keepAlive(channel.walEnd(), channel.serverMicros());
        if (channel.replyRequested()) {
          status.answer(channel, System.nanoTime());
        }
      }
      case OTHER -> {}
    }
  }

  /** Between the messages of a long release; false when the reading shall end. */
  private boolean pause() {
    try {
      status.sendWhileBusy(channel, System.nanoTime());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    publish();
    return mayGoOn();
  }

  /** Waits for room, telling the server that we live; false when the reading shall end. */
  private boolean mayGoOn() {
    try {
      while (!stopped) {
        if (budget.hasRoom()) {
          return true;
        }
        status.sendWhileBusy(channel, System.nanoTime());
        budget.awaitRoom(SLICE_MILLIS);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = true;
    }
    return false;
  }

  private void publish() {
    received = status.received();
    rows = assembler.rows();
    lastCommitMicros = assembler.last() == null ? 0 : assembler.last().committedAt();
  }
}
