package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.postgres.doctor.EventTrigger;
import io.tidemark.postgres.stream.StreamListener;
import java.util.Optional;
import java.util.function.Consumer;

/** Takes what the stream says to where it belongs. Called by the reader thread. */
final class StreamConsumer implements StreamListener {
  private final TableBook book;
  private final Definitions definitions;
  private final Boundaries boundaries;
  private final Admission admission;
  private final DdlMessages ddl;
  private final Anchors anchors;
  private final Consumer<Optional<Exception>> whenEnded;

  /**
   * @param whenEnded called when the reader has ended
   */
  StreamConsumer(
      TableBook book,
      Definitions definitions,
      Boundaries boundaries,
      Admission admission,
      DdlMessages ddl,
      Anchors anchors,
      Consumer<Optional<Exception>> whenEnded) {
    this.book = book;
    this.definitions = definitions;
    this.boundaries = boundaries;
    this.admission = admission;
    this.ddl = ddl;
    this.anchors = anchors;
    this.whenEnded = whenEnded;
  }

  @Override
  public boolean flushBefore(Transaction next) {
    return boundaries.isBefore(next);
  }

  @Override
  public void begin(Transaction transaction) {
    boundaries.begin(transaction);
  }

  @Override
  public void commit(Transaction transaction) {
    boundaries.commit(transaction);
  }

  @Override
  public void flushed(long endLsn, long committedAt) {
    boundaries.flushed(endLsn, committedAt);
  }

  @Override
  public void keepAlive(long serverEnd, long serverMicros) {
    boundaries.keepAlive(serverEnd, serverMicros);
  }

  @Override
  public boolean isWaiting() {
    return boundaries.isWaiting();
  }

  @Override
  public boolean admits(TableName table, Transaction transaction) {
    synchronized (book) {
      admission.rows(transaction);
      return admission.admits(table, transaction);
    }
  }

  @Override
  public void changes(ChangeBatch batch) {
    // before the book is held: others would stand still with the stream
    Optional<String> unknown = definitions.before(batch);
    synchronized (book) {
      boundaries.given();
      if (unknown.isEmpty()) {
        book.give(batch);
      } else {
        book.find(batch.table())
            .ifPresent(table -> again(table, unknown.get(), batch.commitLsn(batch.size() - 1)));
      }
    }
  }

  /** Rows that cannot be given cost a new copy. */
  private void again(TrackedTable table, String reason, long newest) {
    if (table.follows()) {
      table.miss(newest);
      book.again(table, reason, new Lsn(newest));
    }
  }

  @Override
  public void failed(TableName name, Transaction transaction, String reason) {
    synchronized (book) {
      book.find(name)
          .ifPresent(
              table -> book.leave(table, Phase.FAILED, reason, new Lsn(transaction.commitLsn())));
    }
  }

  @Override
  public void message(Transaction transaction, long lsn, String prefix, byte[] content) {
    // marks only have to arrive: their commit moves the stream on
    if (prefix.equals(Anchors.PREFIX) && transaction.xid() == 0) {
      anchors.message(new Lsn(lsn), content, boundaries.position());
    } else if (prefix.equals(EventTrigger.PREFIX)) {
      ddl.take(content, transaction);
    }
  }

  @Override
  public void ended(Optional<Exception> failure) {
    whenEnded.accept(failure);
  }
}
