package io.tidemark.engine.verify;

import io.tidemark.api.copy.Digest;
import io.tidemark.api.copy.Slice;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.engine.verify.CopyRun.Marked;
import io.tidemark.engine.verify.TablePair.Row;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Compares a table range by range, in the order of its key. A range has about as many rows on
 * either side as a round shall have; where its digests differ it is compared again in smaller ones,
 * down to rows.
 */
final class KeyWalk {
  /**
   * Of a range of so many rows keys and digests are read instead of parting it again: where rows
   * change all over the table, every smaller range would differ too.
   */
  private static final int LEAF = 50_000;

  /** The smallest range that is tried where larger ones take too long. */
  private static final int SMALLEST = 100;

  private static final int PARTS = 16;

  private final TablePair pair;
  private final Comparator<List<String>> order;
  private final VerifyPlan plan;
  private final Findings findings;
  private final Digest.Maker maker = new Digest.Maker();
  private final Random chance;

  KeyWalk(TablePair pair, Comparator<List<String>> order, VerifyPlan plan, Findings findings) {
    this.pair = pair;
    this.order = order;
    this.plan = plan;
    this.findings = findings;
    this.chance = new Random(plan.seed());
  }

  void run() {
    Iterator<Row> rows = pair.copyRows();
    Iterator<Marked> marked =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return rows.hasNext();
          }

          @Override
          public Marked next() {
            Row row = rows.next();
            return new Marked(row.key(), maker.of(row.values()));
          }
        };
    walk(Slice.Range.ALL, new CopyRun(marked, order), plan.roundRows(), true);
  }

  private void walk(Slice.Range within, CopyRun copy, int rows, boolean round) {
    Optional<List<String>> after = within.after();
    while (!findings.isFull()) {
      Slice.Range rest = new Slice.Range(after, within.upTo());
      Optional<List<String>> end = lower(pair.source().bound(rest, rows), copy.keyOf(rows));
      Slice.Range range = new Slice.Range(after, end.or(within::upTo));
      List<Marked> held = copy.take(range.upTo());
      if (!round || chance.nextDouble() < plan.sample()) {
        compare(range, held, rows, round);
      }
      if (end.isEmpty() || end.equals(within.upTo())) {
        return;
      }
      after = end;
    }
  }

  private Optional<List<String>> lower(Optional<List<String>> a, Optional<List<String>> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.or(() -> b);
    }
    return order.compare(a.get(), b.get()) <= 0 ? a : b;
  }

  private void compare(Slice.Range range, List<Marked> held, int rows, boolean round) {
    Digest source = null;
    boolean late = false;
    try {
      source = pair.source().digest(range);
    } catch (TidemarkException e) {
      if (e.code() != ErrorCode.LIMIT_EXCEEDED || rows <= SMALLEST) {
        throw e;
      }
      late = true; // smaller ranges may be read in time
    }
    if (round) {
      findings.compared(source == null ? held.size() : source.rows());
    }
    Digest copy = held.stream().map(Marked::digest).reduce(Digest.NONE, Digest::plus);
    if (copy.equals(source)) {
      return;
    }
    if (rows <= LEAF && !late) {
      compareRows(range, held);
    } else {
      int fewer = Math.max(late ? SMALLEST : LEAF, rows / PARTS);
      walk(range, new CopyRun(held.iterator(), order), fewer, false);
    }
  }

  private void compareRows(Slice.Range range, List<Marked> held) {
    Map<List<String>, Digest> copy = new HashMap<>();
    held.forEach(row -> copy.put(row.key(), row.digest()));
    pair.source()
        .marks(
            range,
            (key, digest) -> {
              if (!digest.equals(copy.remove(key))) {
                findings.suspect(key);
              }
            });
    copy.keySet().forEach(findings::suspect);
  }
}
