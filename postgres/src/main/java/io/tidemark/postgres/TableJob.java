package io.tidemark.postgres;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.snapshot.CopyJob;
import io.tidemark.postgres.snapshot.CopyPlan;
import io.tidemark.postgres.snapshot.CopyStamp;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The copy of one table under a round's snapshot.
 *
 * @param round what all copies of the round share
 * @param attempt number of the attempt
 * @param point position of the snapshot
 */
record TableJob(
    Round round, TrackedTable table, int attempt, List<CopyPlan> plans, CopyStamp stamp, Lsn point)
    implements CopyJob {
  /**
   * What all copies of a round share.
   *
   * @param streams whether the stream is read, so that a table has to wait for it at the end
   * @param closed whether nothing is wanted any more
   */
  record Round(
      TableBook book,
      Definitions definitions,
      EventQueue queue,
      CatalogSession session,
      boolean streams,
      java.util.function.BooleanSupplier closed) {}

  @Override
  public void rows(ChangeBatch batch) throws InterruptedException {
    Optional<String> unknown = round.definitions().before(batch);
    if (unknown.isPresent()) {
      lost(unknown.get());
      return;
    }
    round.queue().awaitRoom();
    new CopyBook(round.book()).copied(table, attempt, batch);
  }

  @Override
  public boolean isWanted() {
    return !round.closed().getAsBoolean() && new CopyBook(round.book()).isCopying(table, attempt);
  }

  @Override
  public void ended() {
    try {
      Lsn mark = round.streams() ? round.session().mark("copied") : point;
      new CopyBook(round.book()).ended(table, attempt, mark);
    } catch (SQLException | TidemarkException e) {
      lost("the connection was lost right after the copy");
    }
  }

  @Override
  public void lost(String reason) {
    synchronized (round.book()) {
      if (!round.closed().getAsBoolean() && table.isCopying(attempt)) {
        round.book().again(table, "The copy begins again: " + reason + ".", point);
      }
    }
  }

  @Override
  public void failed(String reason) {
    synchronized (round.book()) {
      if (table.isCopying(attempt)) {
        round.book().leave(table, Phase.FAILED, reason, point);
      }
    }
  }
}
