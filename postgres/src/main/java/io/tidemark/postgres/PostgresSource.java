package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.ChangeSource;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.api.source.SourceRequest;
import io.tidemark.api.source.SourceStatus;
import io.tidemark.postgres.PostgresConfig.SnapshotMode;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.slot.Anchor;
import io.tidemark.postgres.slot.SlotState;
import io.tidemark.postgres.slot.SourceIdentity;
import io.tidemark.postgres.stream.StreamProgress;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.postgres.type.PgTypes;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Captures a PostgreSQL database: copies every selected table under the snapshot of a slot, and
 * gives every change after it from the write-ahead log. Each slot belongs to one source.
 */
public final class PostgresSource implements ChangeSource {
  static final String IDENTITY_NOTE = "source";
  static final String TYPES_NOTE = "types";
  static final String PUBLICATIONS_NOTE = "publications";

  /** For all threads together: the whole program has to stop within 10 s. */
  private static final long STOP_NANOS = 9_000_000_000L;

  private final PostgresConfig config;
  private final Connector connector;
  private final EventQueue queue;
  private final TableBook book;
  private final AskedHold hold;
  private final Problems problems = new Problems();
  private CatalogSession session;
  private StreamRunner runner;
  private Boundaries boundaries;
  private Copier copier;
  private KeyCopier keyCopier;
  private KeyBook keys;
  private Opening opening;
  private Watch watch;
  private TypeBook types;
  private Definitions definitions;
  private Gate gate;
  private volatile boolean opened;
  private volatile boolean eachTransaction;
  private volatile List<String> publications = List.of();
  private List<Thread> threads = List.of();

  /**
   * @param environment the process's environment variables, for libpq's password file
   */
  public PostgresSource(PostgresConfig config, Map<String, String> environment) {
    this.config = config;
    this.connector = new Connector(config.endpoint(), environment);
    this.queue = new EventQueue(config.limits().queue());
    this.book = new TableBook(queue);
    this.hold = new AskedHold(queue.budget());
  }

  @Override
  public void open(ResumePoint resume) {
    try {
      Lsn tidemark = resume.position().lsn(config.slot());
      gate = new Gate(connector, config.slot(), identity(resume), this::moved);
      Anchors anchors =
          new Anchors(
              config.slot(),
              config.publication(),
              Optional.ofNullable(resume.notes().get(Anchor.NOTE)).map(Anchor::fromJson));
      // a copy that only takes what is there has no slot to go on from
      Lsn from = isOnly() ? Lsn.ZERO : tidemark;
      Optional<SlotState> slot = gate.pass(from, anchors.readFrom(from));
      build(resume, anchors);
      publications = opening.publish(resume, tidemark);
      opening.restore(resume, tidemark);
      if (tidemark.equals(Lsn.ZERO)) {
        opening.begin(slot);
      } else {
        // before the first boundary, which makes the new timeline known with the copy
        keys.moveTo(gate.identity().timeline(), tidemark);
        boundaries.startAt(tidemark, session.clockMicros());
        opening.resumeTables();
      }
      book.note(IDENTITY_NOTE, gate.identity().toJson());
      start();
    } catch (SQLException e) {
      throw failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE, "Cannot open the source: it was interrupted.", e);
    }
  }

  private static Optional<SourceIdentity> identity(ResumePoint resume) {
    return Optional.ofNullable(resume.notes().get(IDENTITY_NOTE)).map(SourceIdentity::fromJson);
  }

  /** The server has another timeline: what does not hold there is told with it, by one act. */
  private void moved(SourceIdentity now) {
    synchronized (book) {
      if (keys != null) {
        keys.moveTo(now.timeline(), boundaries.position());
      }
      book.note(IDENTITY_NOTE, now.toJson());
    }
  }

  private boolean isOnly() {
    return config.snapshot().mode() == SnapshotMode.ONLY;
  }

  private TidemarkException failure(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    boolean right = state.equals("42501");
    boolean away =
        state.startsWith("08")
            || state.startsWith("57")
            || state.startsWith("53")
            || state.equals("55P03")
            || state.equals("40P01");
    return new TidemarkException(
        right
            ? ErrorCode.SOURCE_NOT_READY
            : away ? ErrorCode.SOURCE_UNREACHABLE : ErrorCode.INTERNAL,
        "Cannot open "
            + connector.endpoint()
            + ": "
            + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
            + (right
                ? ". Run doctor: it prints the rights that are missing."
                : away ? ". Check the server and try again." : ". Report this defect."),
        e);
  }

  private void build(ResumePoint resume, Anchors anchors) {
    MisfitPolicy policy =
        switch (config.policies().overflow()) {
          case RAW -> MisfitPolicy.RAW;
          case TEXT -> MisfitPolicy.TEXT;
          case REJECT -> MisfitPolicy.REJECT;
        };
    if (config.heartbeatInterval().isZero() || config.snapshot().mode() == SnapshotMode.ONLY) {
      anchors.abandon();
    }
    String known = resume.notes().get(TYPES_NOTE);
    types =
        new TypeBook(
            known == null ? PgTypes.builtIn() : PgTypes.fromJson(known), policy, gate.texts());
    session = new CatalogSession(connector, config.tables(), config.publicationKeeper(), types);
    definitions = new Definitions(book, session, types, resume.definitions());
    keys =
        new KeyBook(
            book,
            types,
            identity(resume).map(SourceIdentity::timeline).orElse(gate.identity().timeline()));
    runner =
        new StreamRunner(
            config,
            connector,
            gate,
            session,
            types,
            book,
            keys,
            queue,
            problems,
            () -> publications,
            anchors);
    boundaries = new Boundaries(config.slot(), book, anchors);
    Admission admission = new Admission(config.snapshot().mode(), book, boundaries, anchors);
    Runnable wake = () -> watch.wake();
    DdlMessages ddl = new DdlMessages(config, book, session, types, admission, problems, wake);
    if (eachTransaction) {
      runner.lingerNot();
    }
    runner.feed(
        boundaries,
        new RowForms(config, book, session, types, admission, wake),
        new StreamConsumer(book, definitions, boundaries, admission, ddl, anchors, runner::ended));
    keyCopier =
        new KeyCopier(config, connector, session, types, book, keys, definitions, queue, problems);
    copier = new Copier(config, connector, session, types, book, definitions, queue, problems);
    if (isOnly()) {
      copier.whenTaken(holder -> boundaries.startAt(holder.point(), holder.takenAtMicros()));
    }
    Pulse pulse = new Pulse(config, session, anchors, book, boundaries, problems);
    Reconciliation reconciliation = new Reconciliation(config, book, session, types, boundaries);
    watch =
        new Watch(
            config,
            book,
            session,
            reconciliation,
            definitions,
            boundaries,
            problems,
            gate,
            List.of(boundaries::tick, pulse, copier::watchHold, hold::endIfOver));
    opening =
        new Opening(config, session, book, keys, boundaries, reconciliation, definitions, copier);
  }

  private void start() {
    opened = true;
    threads =
        List.of(
            thread("capture", "read the stream", runner),
            thread("copier", "copy tables", copier),
            thread("key-copier", "copy tables", keyCopier),
            thread("watch", "watch the catalog", watch));
    for (Thread thread : threads) {
      boolean unneeded = thread.getName().equals("tidemark-capture") && isOnly();
      if (!unneeded) {
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private Thread thread(String name, String what, Runnable work) {
    return new Thread(new Guarded(what, work, queue), "tidemark-" + name);
  }

  @Override
  public SourceEvent poll(Duration wait) throws InterruptedException {
    // in this order: what was given before the tables were settled is in the queue by then
    boolean over = isOnly() && book.isSettled() && !book.isWaitingForBoundary();
    SourceEvent event = queue.poll(wait);
    return event == null && over ? new SourceEvent.End() : event;
  }

  @Override
  public void confirm(Position position) {
    runner.confirm(position.lsn(config.slot()));
  }

  @Override
  public void request(SourceRequest request) {
    if (request instanceof SourceRequest.EachTransaction) {
      eachTransaction = true;
      return;
    }
    if (request instanceof SourceRequest.Hold asked) {
      hold.until(asked.longest());
    } else if (request instanceof SourceRequest.CutAt cut) {
      boundaries.cutAt(cut.position().lsn(config.slot()));
      hold.until(Duration.ZERO);
    } else if (request instanceof SourceRequest.Recopy recopy) {
      with(recopy.table(), table -> book.comeBack(table, boundaries.position()));
    } else if (request instanceof SourceRequest.Resume resume) {
      with(resume.table(), table -> book.comeBack(table, boundaries.position()));
    } else if (request instanceof SourceRequest.Pause pause) {
      with(
          pause.table(),
          table -> book.leave(table, Phase.PAUSED, "paused by its owner", boundaries.position()));
    } else if (request instanceof SourceRequest.Fail fail) {
      with(
          fail.table(),
          table -> book.leave(table, Phase.FAILED, fail.reason(), boundaries.position()));
    }
    watch.wake();
  }

  private void with(TableName name, java.util.function.Consumer<TrackedTable> step) {
    synchronized (book) {
      book.find(name).ifPresent(step);
    }
  }

  @Override
  public SourceStatus status() {
    if (!opened) {
      return new SourceStatus(
          false,
          Lsn.ZERO,
          Lsn.ZERO,
          Lsn.ZERO,
          -1,
          false,
          0,
          0,
          0,
          SourceStatus.SchemaGrade.UNKNOWN,
          problems.text());
    }
    Optional<StreamProgress> progress = runner.progress();
    Lsn received = boundaries.received();
    Lsn reading = progress.map(StreamProgress::received).orElse(received);
    received = received.isBefore(reading) ? reading : received;
    Lsn head = watch.head().isBefore(received) ? received : watch.head();
    return new SourceStatus(
        progress.isPresent() || isOnly(),
        head,
        received,
        runner.durable(),
        watch.retained(),
        watch.retained() > config.limits().walBudget(),
        boundaries.lastCommitMicros(),
        book.changesGiven(),
        progress.map(StreamProgress::spilledBytes).orElse(0L),
        watch.grade(),
        problems.text());
  }

  @Override
  public void close() {
    queue.close();
    if (session == null) {
      return;
    }
    watch.close();
    copier.close();
    keyCopier.close();
    long deadline = System.nanoTime() + STOP_NANOS;
    session.abort();
    threads.forEach(Thread::interrupt);
    runner.close();
    try {
      for (Thread thread : threads) {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    session.close();
  }
}
