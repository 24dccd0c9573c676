package io.tidemark.api.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.util.List;

/**
 * A destination that keeps exact copies. It takes changes in two acts: <em>staging</em> writes what
 * no reader sees yet, <em>committing</em> makes a set of staged pieces visible together with the
 * position and the pipeline's state, all by one atomic act of the destination.
 *
 * <p><b>Order.</b> {@link #open} or {@link #reopen} first. {@link #prepare} before the first batch
 * under a version of a table's form. Batches of one table come in commit order; a copy attempt
 * begins with a TRUNCATE row. {@link #seal} then {@link #commit}, each at a boundary of the source.
 * Pieces sealed earlier and not committed may be committed together.
 *
 * <p><b>Duplicates.</b> The engine never stages a change twice that a commit has covered: it starts
 * from the position that {@link #open} tells. A sink removes what an earlier process staged and
 * never committed.
 *
 * <p><b>Threads.</b> One thread at a time calls a sink. A sink may work on threads of its own; an
 * error there is thrown by the next call. Where a cluster shares the work, some processes only
 * stage and seal and one only commits, so a {@link Staged} carries everything that the committer
 * needs.
 *
 * <p><b>Durability.</b> When {@link #commit} returns, data and state survive the loss of the
 * process and of the machine it ran on, as far as the destination promises that to anybody. The
 * source forgets on this word.
 *
 * <p><b>Failures</b> have three names, see {@link SinkException}: rejected, retryable, outcome
 * unknown. Anything else thrown is a defect and stops the pipeline.
 *
 * <p><b>Fencing.</b> {@link #open} takes the writing over with a higher epoch. From then on no
 * commit of an older epoch may succeed, however long its process slept: it gets {@link
 * SinkException.Fenced}. A process that comes back to a destination uses {@link #reopen}, so that
 * one which slept does not take the writing from its successor.
 */
public interface Sink extends AutoCloseable {
  /**
   * What this kind of destination can do; the same answer at any time, also before {@link #open}.
   */
  Capabilities capabilities();

  /**
   * Claims the writing, cleans up what no commit covers, and tells what the destination holds.
   *
   * @return the state of the last commit; {@link SinkState#isNew} for an empty destination
   */
  SinkState open() throws SinkException;

  /**
   * Like {@link #open}, for a process that has held the writing before: claims it only if nobody
   * else has since. The look and the claim are one act.
   *
   * @param held the epoch that this process held last, through this sink or another
   * @throws SinkException.Fenced when another writer has claimed since; nothing was changed
   */
  SinkState reopen(long held) throws SinkException;

  /**
   * Makes the destination ready for a version of a table's form: creates the table or evolves it.
   * Idempotent. Changes that readers would see are held back until the commit, where the
   * destination can.
   *
   * @throws SinkException.Rejected when the destination cannot hold the table; the reason is shown
   *     to the user
   */
  void prepare(TableSchema schema) throws SinkException;

  /**
   * Tells what the source's catalog says of a table beyond its form. Comes before the first {@link
   * #prepare} of the table, again whenever it has changed, and again after each open; a sink that
   * does not know the form of the text leaves it alone, and most do.
   *
   * @param table by its name in the copy
   * @param definition as the source gave it, see {@link
   *     io.tidemark.api.source.SourceEvent.Definition}: names in it are those of the source
   */
  default void describe(TableName table, String definition) throws SinkException {}

  /**
   * Takes rows. They may stay in memory until {@link #seal}; the batch is not changed afterwards by
   * anybody, so it may be kept.
   *
   * @throws SinkException.Rejected when rows can never be written; none of the batch is staged then
   */
  void stage(ChangeBatch batch) throws SinkException;

  /**
   * Makes everything staged since the last seal durable at the destination, still invisible.
   *
   * @param upTo the boundary at which this happens
   * @return one entry for each piece, in no order; empty when nothing was staged
   */
  List<Staged> seal(Position upTo) throws SinkException;

  /**
   * Makes sealed pieces visible together with the new position and state. All or nothing.
   *
   * @throws SinkException.RowsRejected when rows that were staged can not be applied; nothing
   *     happened, and what is staged is void
   * @throws SinkException.OutcomeUnknown when it may have happened: the engine opens the sink again
   *     and looks
   */
  void commit(Commit commit) throws SinkException;

  /**
   * Makes commits, in order, each visible by itself and by an act of its own; called in place of
   * {@link #commit} where {@link Capabilities#eachTransaction} is declared. When it returns all of
   * them are durable; when it throws, or the process dies, any number of the first ones may have
   * happened. After {@link SinkException.Retryable} the same list comes again, and what of it has
   * happened is left out.
   *
   * @param commits one or more, each as {@link #commit} takes it; {@link Commit#changes} of each
   *     are what differs from the one before it
   */
  default void commitEach(List<Commit> commits) throws SinkException {
    for (Commit commit : commits) {
      commit(commit);
    }
  }

  /**
   * Whether a commit soon would spare it memory; asked after each call by its thread. The engine
   * then flushes at the next boundary.
   */
  default boolean isFull() {
    return false;
  }

  /** The last work that it did beside commits; any thread, at any time. */
  default Upkeep upkeep() {
    return Upkeep.NONE;
  }

  /** What its commits have cost so far, where the destination bills its work; any thread. */
  default Loads loads() {
    return Loads.NONE;
  }

  /**
   * Releases connections and memory; what was staged and not committed is left to the next open.
   */
  @Override
  void close();
}
