package io.tidemark.postgres;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.source.SourceStatus.SchemaGrade;
import io.tidemark.postgres.CatalogSession.Present;
import io.tidemark.postgres.slot.PublicationKeeper.Undone;
import io.tidemark.postgres.slot.SlotState;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the server again and again for what the stream does not say: keeps the publications, has
 * the catalog compared with what is known of the tables, watches timeline and slot.
 */
final class Watch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final long TICK_MILLIS = 500;

  /** However often it is woken, it rests so many times longer than it looks. */
  private static final int REST = 4;

  /** Statements that are shown at most. */
  private static final int SHOWN = 5;

  private static final String CATALOG = "catalog";
  private static final String PUBLICATION = "publication";
  private static final String WAL = "wal";

  private final PostgresConfig config;
  private final TableBook book;
  private final CopyBook copies;
  private final CatalogSession session;
  private final Reconciliation reconciliation;
  private final Definitions definitions;
  private final Boundaries boundaries;
  private final Problems problems;
  private final Gate gate;
  private final Semaphore wake = new Semaphore(0);
  private final List<Runnable> everyTick;
  private volatile boolean closed;
  private volatile Lsn head = Lsn.ZERO;
  private volatile long retained = -1;
  private volatile SchemaGrade grade = SchemaGrade.UNKNOWN;
  private boolean overBudget;

  /** How far was read when the server was last seen on the timeline that the gate knows. */
  private Lsn readBefore = Lsn.ZERO;

  Watch(
      PostgresConfig config,
      TableBook book,
      CatalogSession session,
      Reconciliation reconciliation,
      Definitions definitions,
      Boundaries boundaries,
      Problems problems,
      Gate gate,
      List<Runnable> everyTick) {
    this.config = config;
    this.book = book;
    this.copies = new CopyBook(book);
    this.session = session;
    this.reconciliation = reconciliation;
    this.definitions = definitions;
    this.boundaries = boundaries;
    this.problems = problems;
    this.gate = gate;
    this.everyTick = List.copyOf(everyTick);
  }

  /** Has the catalog looked at soon. Any thread. */
  void wake() {
    if (wake.availablePermits() == 0) {
      wake.release();
    }
  }

  /** End of the log when it was looked at last. */
  Lsn head() {
    return head;
  }

  /** WAL held back when it was looked at last, -1 where not known. */
  long retained() {
    return retained;
  }

  /** How exactly changes of forms were known when it was looked at last. */
  SchemaGrade grade() {
    return grade;
  }

  @Override
  public void run() {
    long tick = config.rest(TICK_MILLIS);
    long nextLook = System.nanoTime() + config.tablesRefresh().toNanos();
    long restUntil = System.nanoTime();
    boolean woken = false;
    try {
      readGrade();
    } catch (SQLException | TidemarkException e) {
      LOG.debug("The grade is told by the first look.", e);
    }
    try {
      while (!closed) {
        woken |= wake.tryAcquire(tick, TimeUnit.MILLISECONDS);
        copies.tellProgress();
        everyTick.forEach(Runnable::run);
        long began = System.nanoTime();
        if (began - nextLook >= 0 || (woken && began - restUntil >= 0)) {
          woken = false;
          lookSafely();
          long ended = System.nanoTime();
          nextLook = ended + config.tablesRefresh().toNanos();
          restUntil = ended + (ended - began) * REST;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void lookSafely() {
    try {
      look();
      observeSlot();
      problems.clear(CATALOG);
    } catch (SQLException | TidemarkException e) {
      if (!closed) {
        problems.say(CATALOG, "The catalog could not be read (" + e.getMessage() + "); retrying.");
      }
    }
  }

  private void look() throws SQLException {
    Lsn passed = boundaries.position();
    Present present = session.look();
    CatalogSession.Kept kept = session.keepPublications(present, book.relations());
    tell(kept.undone());
    Present seen = kept.touched() ? session.look() : present;
    definitions.look(seen, passed);
    reconciliation.take(seen, passed);
  }

  private void tell(List<Undone> undone) {
    List<Undone> lasting = undone.stream().filter(each -> !each.passing()).toList();
    if (!lasting.isEmpty()) {
      String statements =
          lasting.stream().limit(SHOWN).map(Undone::statement).collect(Collectors.joining("; "));
      problems.say(
          PUBLICATION,
          "Tables cannot be published by this role ("
              + lasting.get(0).reason()
              + "). Run: "
              + statements
              + ";");
    } else if (!undone.isEmpty()) {
      problems.say(
          PUBLICATION,
          "Tables could not be published ("
              + undone.get(0).reason()
              + "): they are locked by somebody else. Trying again.");
    } else {
      problems.clear(PUBLICATION);
    }
  }

  private void readGrade() throws SQLException {
    grade = session.hasEventTrigger() ? SchemaGrade.EXACT : SchemaGrade.PLAIN;
  }

  private void observeSlot() throws SQLException {
    head = session.walEnd();
    readGrade();
    int timeline = session.timeline();
    if (timeline == gate.identity().timeline()) {
      readBefore = boundaries.position();
    } else if (timeline != 0) {
      gate.promoted(readBefore);
    }
    Optional<SlotState> slot = session.slot(config.slot());
    retained = slot.map(SlotState::retained).orElse(-1L);
    boolean over = retained > config.limits().walBudget();
    if (over) {
      String text =
          "The slot holds back "
              + (retained >> 20)
              + " MiB of WAL, more than wal-budget. A sink is slow or stands still, or a"
              + " transaction at the source is open for very long.";
      problems.say(WAL, text);
      if (!overBudget) {
        LOG.error("{}", text);
      }
    } else {
      problems.clear(WAL);
    }
    overBudget = over;
  }

  void close() {
    closed = true;
  }
}
