package io.tidemark.postgres.stream;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What we tell the server: how far we have read, and how far the log may be forgotten (manual,
 * "Standby status update"). The second is moved by {@link #confirm} alone, from any thread; the
 * rest is the reader thread's.
 */
final class StandbyStatus {
  private static final long USUAL_NANOS = 10_000_000_000L;
  private static final long MOVED_NANOS = 1_000_000_000L;
  private static final long BUSY_NANOS = 500_000_000L;
  private static final long ASK_NANOS = 50_000_000L;

  private final AtomicLong confirmed = new AtomicLong();
  private long received;
  private long sentConfirmed;
  private long sentAt;
  private boolean heard;
  private long askedAt;

  StandbyStatus(long now) {
    sentAt = now;
    askedAt = now - ASK_NANOS;
  }

  /** Lets the server forget the log below a position; never goes back. Any thread. */
  void confirm(long lsn) {
    confirmed.accumulateAndGet(lsn, (a, b) -> Long.compareUnsigned(a, b) < 0 ? b : a);
  }

  /** Up to where the server may forget. Any thread. */
  long confirmed() {
    return confirmed.get();
  }

  /** Notes how far a frame of the server reaches. */
  void heard(long walEnd) {
    heard = true;
    if (Long.compareUnsigned(walEnd, received) > 0) {
      received = walEnd;
    }
  }

  /** Up to where the log was read. */
  long received() {
    return received;
  }

  /** Sends what is due: regularly, and soon when the confirmed position has moved. */
  void sendIfDue(WalChannel channel, long now) throws IOException {
    long since = now - sentAt;
    if (since >= USUAL_NANOS || since >= MOVED_NANOS && confirmed.get() != sentConfirmed) {
      send(channel, now);
    }
  }

  /**
   * Sends what is due while nothing is read from the server, so that its requests go unheard:
   * often.
   */
  void sendWhileBusy(WalChannel channel, long now) throws IOException {
    if (now - sentAt >= BUSY_NANOS) {
      send(channel, now);
    }
  }

  /** Asks an idle server how far it is, which it would tell after long; not too often. */
  void ask(WalChannel channel, long now) throws IOException {
    if (now - askedAt >= ASK_NANOS) {
      askedAt = now;
      heard = false;
      send(channel, now);
    }
  }

  /** Sends; where nothing was heard since the last time, an answer is asked for. */
  void send(WalChannel channel, long now) throws IOException {
    long flushed = confirmed.get();
    channel.send(message(flushed, !heard));
    sentConfirmed = flushed;
    sentAt = now;
    heard = false;
  }

  /**
   * Answers a request of the server. A server that shuts down asks so, and waits until all it sent
   * is flushed here, which may never come: we confirm when copies are durable. Without a flushed
   * position in the answer it goes by what was received, and takes nothing as confirmed.
   */
  void answer(WalChannel channel, long now) throws IOException {
    if (confirmed.get() != sentConfirmed || confirmed.get() == received) {
      send(channel, now);
    } else {
      channel.send(message(0, false));
      sentAt = now;
    }
  }

  private byte[] message(long flushed, boolean replyRequested) {
    byte[] message = new byte[34];
    message[0] = 'r';
    Bytes.putLong(message, 1, received);
    Bytes.putLong(message, 9, flushed);
    Bytes.putLong(message, 17, flushed);
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    Bytes.putLong(message, 25, micros - PgOutputDecoder.EPOCH_MICROS);
    message[33] = (byte) (replyRequested ? 1 : 0);
    return message;
  }
}
