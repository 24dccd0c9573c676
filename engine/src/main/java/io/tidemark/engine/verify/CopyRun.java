package io.tidemark.engine.verify;

import io.tidemark.api.copy.Digest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Rows of a copy in the order of their keys, taken from the front. */
final class CopyRun {
  /** A row of which only key and digest are kept. */
  record Marked(List<String> key, Digest digest) {}

  /** The copy's order is not the source's. */
  static final class OutOfOrder extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfOrder() {
      super("rows of the copy do not come in the order of the source's keys");
    }
  }

  private final Iterator<Marked> rows;
  private final Comparator<List<String>> order;
  private final Deque<Marked> ahead = new ArrayDeque<>();
  private List<String> last;

  CopyRun(Iterator<Marked> rows, Comparator<List<String>> order) {
    this.rows = rows;
    this.order = order;
  }

  /** The key of a row so many rows ahead, from 1; empty where there are fewer. */
  Optional<List<String>> keyOf(int number) {
    while (ahead.size() < number && rows.hasNext()) {
      Marked next = rows.next();
      if (last != null && order.compare(last, next.key()) >= 0) {
        throw new OutOfOrder();
      }
      last = next.key();
      ahead.add(next);
    }
    return ahead.size() < number
        ? Optional.empty()
        : ahead.stream().skip(number - 1).findFirst().map(Marked::key);
  }

  /** Takes the rows up to a key; all where there is none. */
  List<Marked> take(Optional<List<String>> upTo) {
    List<Marked> taken = new ArrayList<>();
    while (keyOf(1).isPresent()
        && (upTo.isEmpty() || order.compare(ahead.getFirst().key(), upTo.get()) <= 0)) {
      taken.add(ahead.removeFirst());
    }
    return taken;
  }
}
