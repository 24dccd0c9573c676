package io.tidemark.api.source;

import io.tidemark.api.model.Position;
import java.time.Duration;

/**
 * Gives the changes of a database in order, from a position on.
 *
 * <p><b>Order.</b> Events come in commit order. The rows of one transaction may come in several
 * batches, one for each table and version at least; they count only when a {@link
 * SourceEvent.Boundary} above them has come. Between two boundaries rows of many transactions may
 * be gathered; {@code (commitLsn, ordinal)} orders them across batches. Rows of a snapshot come
 * between the rows of the stream, and carry a commit LSN below every change of their table that is
 * kept.
 *
 * <p><b>Duplicates.</b> After a restart everything above the resumed position comes again, nothing
 * below it. A transaction that comes again carries the same commit LSN; its ordinals may differ
 * from those given before, if nothing of it was committed by a sink.
 *
 * <p><b>Threads.</b> {@link #open}, {@link #poll} and {@link #close} are called by one thread;
 * {@link #confirm}, {@link #request} and {@link #status} by any. The source reads ahead on threads
 * of its own, up to a bound of memory, and spills transactions that are still in progress to disk.
 *
 * <p><b>Failures.</b> What heals by itself (a lost connection, a restarting server) is retried
 * inside, visible in {@link #status}. What needs a person is thrown from {@link #open} or {@link
 * #poll} as a {@link io.tidemark.api.error.TidemarkException}; after it only {@link #close} may be
 * called. One table's failure is an event, not an exception.
 */
public interface ChangeSource extends AutoCloseable {
  /**
   * Connects, checks that the source is the one that was left (system id, timeline, slot), and
   * begins to read.
   *
   * @param resume what the furthest-behind copy holds; {@link ResumePoint#NEW} for a new pipeline
   */
  void open(ResumePoint resume);

  /**
   * The next event, or null when none came within the time.
   *
   * @param wait how long to wait for one at most
   */
  SourceEvent poll(Duration wait) throws InterruptedException;

  /**
   * Lets the source forget everything below a position: it is durable in every copy. Never goes
   * back.
   */
  void confirm(Position position);

  /** Asks for something that will show as events; returns at once. */
  void request(SourceRequest request);

  /** How the source stands, right now and without asking the database. */
  SourceStatus status();

  /** Ends the reading and releases connections and local files; the slot stays. */
  @Override
  void close();
}
