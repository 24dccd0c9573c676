package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where copies may become visible, without a server. */
class BoundariesTest {
  private final EventQueue queue = new EventQueue(1 << 20);
  private final TableBook book = new TableBook(queue);
  private final Boundaries boundaries =
      new Boundaries("s", book, new Anchors("s", "p", Optional.empty()));

  /** The book is held while the catalog is asked, which a busy database may answer late. */
  @Test
  void neitherAStatusNorACutWaitsForWhoHoldsTheBook() throws Exception {
    boundaries.startAt(new Lsn(100), 1);
    synchronized (book) {
      long given =
          CompletableFuture.supplyAsync(
                  () -> {
                    boundaries.cutAt(new Lsn(200));
                    return book.changesGiven();
                  })
              .get(30, TimeUnit.SECONDS);
      assertThat(given).isZero();
    }
    boundaries.begin(new Transaction(1, 250, 260, 2));
    assertThat(given()).containsExactly(new Lsn(100), new Lsn(200));
  }

  @Test
  void aCutAtWhatWasGivenAsksForNothing() throws Exception {
    boundaries.startAt(new Lsn(100), 1);
    boundaries.cutAt(new Lsn(100));
    boundaries.begin(new Transaction(1, 250, 260, 2));
    assertThat(boundaries.isWaiting()).isFalse();
    assertThat(given()).containsExactly(new Lsn(100));
  }

  private List<Lsn> given() throws InterruptedException {
    List<Lsn> positions = new ArrayList<>();
    for (SourceEvent event; (event = queue.poll(Duration.ZERO)) != null; ) {
      if (event instanceof SourceEvent.Boundary boundary) {
        Position position = boundary.position();
        positions.add(position.lsn("s"));
      }
    }
    return positions;
  }
}
