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

/** The copy of partitions that came with rows to a table that is followed. */
record LeafJob(
    TableJob.Round round,
    LeafBook leaves,
    TrackedTable table,
    int attempt,
    List<CopyPlan> plans,
    CopyStamp stamp)
    implements CopyJob {
  @Override
  public void rows(ChangeBatch batch) throws InterruptedException {
    Optional<String> unknown = round.definitions().before(batch);
    if (unknown.isPresent()) {
      lost(unknown.get());
      return;
    }
    round.queue().awaitRoom();
    leaves.copied(table, attempt, batch);
  }

  @Override
  public boolean isWanted() {
    return !round.closed().getAsBoolean() && leaves.isCopying(table, attempt);
  }

  @Override
  public void ended() {
    try {
      Lsn mark = round.session().mark("copied");
      leaves.ended(table, attempt, plans.stream().map(CopyPlan::relation).toList(), mark);
    } catch (SQLException | TidemarkException e) {
      lost("the connection was lost right after the copy");
    }
  }

  @Override
  public void lost(String reason) {
    if (isWanted()) {
      round.book().again(table, "The copy begins again: " + reason + ".", point());
    }
  }

  @Override
  public void failed(String reason) {
    synchronized (round.book()) {
      if (isWanted()) {
        round.book().leave(table, Phase.FAILED, reason, point());
      }
    }
  }

  private Lsn point() {
    return new Lsn(stamp.commitLsn() + 1);
  }
}
