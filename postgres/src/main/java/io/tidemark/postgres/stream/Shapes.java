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

  /** The number of a RELATION message that has just been received. */
  long nextReceipt() {
    return ++received;
  }

  /** From here on messages describe the rows of one streamed transaction. */
  void beginStreamed() {
    streamed = true;
  }

  /** The streamed transaction has committed. */
  void promote() {
    streamed = false;
    for (Shape shape : own.values()) {
      Shape known = global.get(shape.relation.oid());
      if (!shape.orphaned && (known == null || known.receipt < shape.receipt)) {
        global.put(shape.relation.oid(), shape);
      }
    }
    own.clear();
  }

  /**
   * Takes a description in.
   *
   * @param receipt its {@link #nextReceipt}
   */
  Shape describe(Relation relation, long receipt, Origin origin) {
    Shape shape = new Shape(relation, receipt, origin == Origin.ROLLED_BACK);
    (streamed ? own : global).put(relation.oid(), shape);
    return shape;
  }

  /** The shape of a relation's rows, null where it was never described. */
  Shape find(int oid) {
    Shape shape = streamed ? own.get(oid) : null;
    return shape == null ? global.get(oid) : shape;
  }

  /** Whether the subtransaction under which a RELATION message came has survived. */
  enum Origin {
    SURVIVED,
    ROLLED_BACK
  }
}
