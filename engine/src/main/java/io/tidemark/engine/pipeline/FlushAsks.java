package io.tidemark.engine.pipeline;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Flushes that somebody waits for. Asked by any thread, answered by the lane's. */
final class FlushAsks {
  private record Ask(Lsn position, CompletableFuture<Position> answer) {}

  private final ConcurrentLinkedQueue<Ask> asks = new ConcurrentLinkedQueue<>();
  private volatile Throwable ended;

  CompletableFuture<Position> add(Lsn position) {
    CompletableFuture<Position> answer = new CompletableFuture<>();
    asks.add(new Ask(position, answer));
    Throwable cause = ended;
    if (cause != null) {
      abandon(cause); // the lane may have ended before it could see this ask
    }
    return answer;
  }

  /** Whether any ask is met by a commit at the position. */
  boolean metBy(Position position) {
    return asks.stream().anyMatch(ask -> !position.lsn().isBefore(ask.position));
  }

  /** Answers every ask at or below the tidemark. */
  void answer(Position tidemark) {
    for (Iterator<Ask> each = asks.iterator(); each.hasNext(); ) {
      Ask ask = each.next();
      if (!tidemark.lsn().isBefore(ask.position)) {
        each.remove();
        ask.answer.complete(tidemark);
      }
    }
  }

  /** Fails every ask, now and from now on. */
  void abandon(Throwable cause) {
    ended = cause;
    for (Ask ask = asks.poll(); ask != null; ask = asks.poll()) {
      ask.answer.completeExceptionally(cause);
    }
  }
}
