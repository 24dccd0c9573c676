package io.tidemark.postgres.stream;

import java.util.HashMap;
import java.util.Map;

/**
 * What the RELATION messages said, as the transaction being released sees it: the messages of all
 * transactions before it, and over them those of its own stream.
 *
 * <p>When a streamed transaction has committed, what it was sent counts for all, unless something
 * newer came meanwhile; what came under a subtransaction that was rolled back counts for none (the
 * server holds it the same way and sends the relation again).
 */
final class Shapes {
  private final Map<Integer, Shape> global = new HashMap<>();
  private final Map<Integer, Shape> own = new HashMap<>();
  private long received;
  private boolean streamed;
  private long receipt;
  private boolean orphaned;
  private Shape last;

  /** The number of a RELATION message that has just been received. */
  long nextReceipt() {
    return ++received;
  }

  /**
   * Says of the description that is taken in next where it came from.
   *
   * @param number its {@link #nextReceipt}
   * @param rolledBack whether the subtransaction under which it came has not survived
   */
  void nextIs(long number, boolean rolledBack) {
    receipt = number;
    orphaned = rolledBack;
  }

  /** From here on messages describe the rows of one streamed transaction. */
  void beginStreamed() {
    streamed = true;
    last = null;
  }

  /** The streamed transaction has committed. */
  void promote() {
    streamed = false;
    last = null;
    for (Shape shape : own.values()) {
      Shape known = global.get(shape.relation.oid());
      if (!shape.orphaned && (known == null || known.receipt < shape.receipt)) {
        global.put(shape.relation.oid(), shape);
      }
    }
    own.clear();
  }

  /** Takes a description in. */
  void describe(Relation relation) {
    last = new Shape(relation, receipt, orphaned);
    (streamed ? own : global).put(relation.oid(), last);
  }

  /** The shape of a relation's rows, null where it was never described. */
  Shape find(int oid) {
    if (last == null || last.relation.oid() != oid) {
      Shape shape = streamed ? own.get(oid) : null;
      last = shape == null ? global.get(oid) : shape;
    }
    return last;
  }
}
