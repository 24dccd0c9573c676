package io.tidemark.postgres.stream;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Which logical messages of a streamed transaction were rolled back: those that stand before the
 * place of a rollback and name the subtransaction that was rolled back, or a later one. Rollbacks
 * that can concern no message are not remembered.
 */
final class RolledBackMessages {
  private final Deque<Rollback> rollbacks = new ArrayDeque<>();
  private boolean any;
  private int highest;

  private record Rollback(int subxid, long position) {}

  /** Counts a message that names a subtransaction. */
  void added(int subxid) {
    if (!any || Xids.precedes(highest, subxid)) {
      highest = subxid;
    }
    any = true;
  }

  /** Counts a rollback, behind everything that stands before a position. */
  void rolledBack(int subxid, long position) {
    if (any && !Xids.precedes(highest, subxid)) {
      // One of an earlier id, later on, says all that one of a later id said.
      while (!rollbacks.isEmpty() && !Xids.precedes(rollbacks.getLast().subxid(), subxid)) {
        rollbacks.removeLast();
      }
      rollbacks.addLast(new Rollback(subxid, position));
    }
  }

  /** Everything from a position on was dropped; what is added next stands there. */
  void cut(long position) {
    while (!rollbacks.isEmpty() && rollbacks.getLast().position() > position) {
      Rollback last = rollbacks.removeLast();
      if (rollbacks.isEmpty() || rollbacks.getLast().position() < position) {
        rollbacks.addLast(new Rollback(last.subxid(), position));
      }
    }
  }

  /** Whether a message that names a subtransaction and stands at a position was rolled back. */
  boolean isRolledBack(int subxid, long position) {
    return rollbacks.stream()
        .anyMatch(
            rollback ->
                position < rollback.position() && !Xids.precedes(subxid, rollback.subxid()));
  }
}
