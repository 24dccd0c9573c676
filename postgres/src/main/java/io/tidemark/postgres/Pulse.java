package io.tidemark.postgres;

import io.tidemark.api.error.TidemarkException;
import java.sql.SQLException;

/**
 * Writes anchors into the log, now and then and only when the log has gone on: an idle server comes
 * to rest, and one where only others write has its slot move on.
 */
final class Pulse implements Runnable {
  private static final String MATTER = "pulse";

  private final long intervalNanos;
  private final CatalogSession session;
  private final Anchors anchors;
  private final TableBook book;
  private final Boundaries boundaries;
  private final Problems problems;
  private long lastNanos;
  private long changes;

  Pulse(
      PostgresConfig config,
      CatalogSession session,
      Anchors anchors,
      TableBook book,
      Boundaries boundaries,
      Problems problems) {
    this.intervalNanos = config.heartbeatInterval().toNanos();
    this.session = session;
    this.anchors = anchors;
    this.book = book;
    this.boundaries = boundaries;
    this.problems = problems;
    this.lastNanos = System.nanoTime() - intervalNanos;
  }

  @Override
  public void run() {
    if (intervalNanos > 0 && System.nanoTime() - lastNanos >= intervalNanos) {
      long now = book.changesGiven();
      if (now != changes || anchors.worthWriting(boundaries.received())) {
        changes = now;
        lastNanos = System.nanoTime();
        write();
      }
    }
  }

  private void write() {
    try {
      if (!session.anchor(anchors.next())) {
        anchors.abandon();
      }
      problems.clear(MATTER);
    } catch (SQLException | TidemarkException e) {
      problems.say(MATTER, "The server does not answer (" + e.getMessage() + "); retrying.");
    }
  }
}
