package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.stream.ProtocolException;
import io.tidemark.postgres.stream.ReplicationReader;
import io.tidemark.postgres.stream.SpillFullException;
import io.tidemark.postgres.stream.StaleFormException;
import io.tidemark.postgres.stream.StreamLimits;
import io.tidemark.postgres.stream.StreamOptions;
import io.tidemark.postgres.stream.StreamProgress;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a reader running: starts it where the last boundary was, and again after a lost connection,
 * with a growing pause. What a person has to mend ends the source.
 */
final class StreamRunner implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(StreamRunner.class);
  private static final String MATTER = "stream";
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  /** A server that lost its client may take wal_sender_timeout to see it: 60 s by default. */
  private static final Duration SLOT_BUSY = Duration.ofSeconds(120);

  /** How long a password that was right may be refused. */
  private static final Duration ROTATION = Duration.ofMinutes(10);

  private final PostgresConfig config;
  private final Connector connector;
  private final Gate gate;
  private final CatalogSession session;
  private final TypeBook types;
  private final TableBook book;
  private final KeyBook keys;
  private final EventQueue queue;
  private final Problems problems;
  private final Supplier<List<String>> publications;
  private final Anchors anchors;
  private Boundaries boundaries;
  private RowForms forms;
  private StreamConsumer consumer;

  private volatile ReplicationReader reader;
  private volatile long durable;
  private volatile long confirmed;
  private volatile boolean closed;
  private volatile Ending ending;
  private boolean textOnly;
  private boolean streaming = true;
  private boolean lingers = true;
  private long refusedSince;
  private final Patience patience = new Patience();

  private static final class Ending {
    final CountDownLatch latch = new CountDownLatch(1);
    volatile Optional<Exception> failure = Optional.empty();
  }

  StreamRunner(
      PostgresConfig config,
      Connector connector,
      Gate gate,
      CatalogSession session,
      TypeBook types,
      TableBook book,
      KeyBook keys,
      EventQueue queue,
      Problems problems,
      Supplier<List<String>> publications,
      Anchors anchors) {
    this.config = config;
    this.connector = connector;
    this.gate = gate;
    this.session = session;
    this.types = types;
    this.book = book;
    this.keys = keys;
    this.queue = queue;
    this.problems = problems;
    this.publications = publications;
    this.anchors = anchors;
  }

  /** Where what is read goes; before it runs. */
  void feed(Boundaries places, RowForms resolver, StreamConsumer listener) {
    boundaries = places;
    forms = resolver;
    consumer = listener;
  }

  /** Hands each transaction over by itself; before it runs. */
  void lingerNot() {
    lingers = false;
  }

  /** Takes the end of a reader; called on its thread. */
  void ended(Optional<Exception> failure) {
    Ending now = ending;
    now.failure = failure;
    now.latch.countDown();
  }

  @Override
  public void run() {
    Duration pause = FIRST_PAUSE;
    long busySince = 0;
    while (!closed) {
      long startedAt = System.nanoTime();
      try {
        Exception failure = readOnce();
        if (closed) {
          return;
        }
        if (System.nanoTime() - startedAt > TimeUnit.SECONDS.toNanos(30)) {
          pause = FIRST_PAUSE;
          busySince = 0;
          patience.forget();
        }
        busySince = isBusy(failure) ? (busySince == 0 ? startedAt : busySince) : 0;
        refuse(failure, busySince);
        LOG.debug("Reading again after: {}", failure.toString());
        problems.say(
            MATTER,
            "Cannot read from slot %s for now: %s. Trying again every few seconds; nothing is lost meanwhile, but the server keeps its WAL."
                .formatted(config.slot(), sentence(failure)));
        TimeUnit.MILLISECONDS.sleep(pause.toMillis());
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
                ? pause.multipliedBy(2)
                : LONGEST_PAUSE;
      } catch (InterruptedException e) {
        return;
      } catch (TidemarkException e) {
        queue.fail(e);
        return;
      } catch (RuntimeException e) {
        queue.fail(
            new TidemarkException(
                ErrorCode.INTERNAL, "Cannot read the stream: " + e + ". Report this defect.", e));
        return;
      }
    }
  }

  /** Reads until the connection ends; gives why. */
  private Exception readOnce() throws InterruptedException {
    Ending now = new Ending();
    ending = now;
    try {
      boundaries.restart();
      Lsn start = anchors.readFrom(boundaries.position());
      gate.pass(boundaries.position(), start);
      keys.moveTo(gate.identity().timeline(), boundaries.position());
      StreamOptions options = options(start); // asked of the server before the connection is there
      ReplicationReader running =
          ReplicationReader.start(
              connector.replication(), options, limits(), queue.budget(), forms, consumer);
      running.confirm(confirmed);
      reader = running;
      if (closed) {
        running.close();
      }
      problems.clear(MATTER);
      refusedSince = 0;
    } catch (SQLException e) {
      return e;
    } catch (TidemarkException e) {
      if (e.code() == ErrorCode.SOURCE_UNREACHABLE || isRotation(e)) {
        return e;
      }
      throw e;
    }
    now.latch.await();
    reader = null;
    return now.failure.orElseGet(() -> new IOException("the server ended the stream"));
  }

  /** The server may know a new password before the file does from which it is read each time. */
  private boolean isRotation(TidemarkException e) {
    if (!(e.getCause() instanceof SQLException sql) || !"28P01".equals(sql.getSQLState())) {
      return false;
    }
    if (refusedSince == 0) {
      refusedSince = System.nanoTime();
    }
    return System.nanoTime() - refusedSince < ROTATION.toNanos();
  }

  private StreamOptions options(Lsn start) throws SQLException {
    boolean binary;
    synchronized (book) {
      binary =
          !textOnly
              && types.streamsInBinary(
                  book.all().stream()
                      .filter(table -> table.history != null)
                      .flatMap(table -> table.history.newest().columns().stream()));
    }
    return new StreamOptions(
        config.slot(),
        publications.get(),
        start,
        binary,
        streaming,
        CatalogSession.MESSAGE_PREFIX,
        session.nextXid());
  }

  private StreamLimits limits() {
    StreamLimits usual = StreamLimits.usual(config.limits().spillDir().resolve(config.slot()));
    return new StreamLimits(
        usual.batchRows(),
        usual.batchBytes(),
        lingers ? usual.linger() : Duration.ZERO,
        (int) Math.min(Integer.MAX_VALUE - 8, config.limits().maxRow()),
        config.limits().stream(),
        config.limits().streamSpill(),
        usual.directory());
  }

  /** Throws what waiting does not heal. */
  private void refuse(Exception failure, long busySince) {
    if (failure instanceof StaleFormException stale) {
      forms.decodeLate(new Lsn(stale.commitLsn()));
      return;
    }
    if (failure instanceof SpillFullException) {
      LOG.warn(
          "Reading without streaming from here on: {}. The server keeps transactions in progress"
              + " itself until they commit. Raise stream.spill-max-bytes to have them streamed again"
              + " after the next start.",
          failure.getMessage());
      streaming = false;
      return;
    }
    if (failure instanceof TidemarkException known
        && known.code() != ErrorCode.SOURCE_UNREACHABLE
        && !isRotation(known)) {
      throw known;
    }
    if (failure instanceof ProtocolException) {
      throw new TidemarkException(
          ErrorCode.SOURCE_PROTOCOL,
          "Cannot read the stream: " + firstLine(failure) + ". Report this defect.",
          failure);
    }
    if (failure instanceof SQLException sql) {
      refuseSql(sql, busySince);
    } else if (failure instanceof RuntimeException
        && !(failure instanceof TidemarkException)
        && patience.isOver(boundaries.position())) {
      throw new TidemarkException(
          ErrorCode.INTERNAL,
          "Cannot read the stream beyond "
              + boundaries.position()
              + ": "
              + firstLine(failure)
              + ". Report this defect.",
          failure);
    }
  }

  private void refuseSql(SQLException e, long busySince) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (state.equals("42883") && !textOnly) {
      // a value of a type without a binary form: the server would fail at it for ever
      textOnly = true;
      return;
    }
    if (busySince != 0 && System.nanoTime() - busySince > SLOT_BUSY.toNanos()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot read from slot "
              + config.slot()
              + ": "
              + firstLine(e)
              + ". Stop the other reader, or give this pipeline a slot of its own.",
          e);
    }
    if (isBusy(e) || state.startsWith("08") || state.startsWith("57") || state.startsWith("53")) {
      return;
    }
    Lsn at = boundaries.position();
    if (patience.isOver(at)) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot read from slot "
              + config.slot()
              + " beyond "
              + at
              + ": the server fails with: "
              + firstLine(e)
              + ". Look at the server's log; where the WAL cannot be decoded, begin a new copy.",
          e);
    }
  }

  private static boolean isBusy(Exception failure) {
    return failure instanceof SQLException sql && "55006".equals(sql.getSQLState());
  }

  private static String sentence(Exception failure) {
    String text = firstLine(failure);
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  private static String firstLine(Exception failure) {
    if (failure instanceof SQLException sql) {
      return ServerWords.of(sql);
    }
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("").strip();
  }

  void confirm(Lsn position) {
    durable = position.value();
    Lsn upTo = anchors.confirmable(position);
    if (Long.compareUnsigned(upTo.value(), confirmed) > 0) {
      confirmed = upTo.value();
      ReplicationReader running = reader;
      if (running != null) {
        running.confirm(upTo.value());
      }
    }
  }

  /** Up to where every copy has everything; the server is told only of the anchor below it. */
  Lsn durable() {
    return new Lsn(durable);
  }

  Optional<StreamProgress> progress() {
    return Optional.ofNullable(reader).map(ReplicationReader::progress);
  }

  void close() {
    closed = true;
    ReplicationReader running = reader;
    if (running != null) {
      running.close();
    }
  }
}
