package io.tidemark.engine.verify;

import io.tidemark.api.copy.Digest;
import io.tidemark.api.copy.Slice;
import io.tidemark.engine.verify.TablePair.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares a table as a multiset of rows: those whose order is not known here, or that have no key.
 * Each row belongs to a part by its hash; the digests of all parts are summed on either side, the
 * source read page by page, and of the parts that differ the rows are compared.
 */
final class PartWalk {
  private static final int PARTS = 4096;

  /** So many rows of parts that differ are held in memory. */
  private static final long MOST_ROWS = 500_000;

  private final TablePair pair;
  private final VerifyPlan plan;
  private final Findings findings;
  private final Digest.Maker maker = new Digest.Maker();

  PartWalk(TablePair pair, VerifyPlan plan, Findings findings) {
    this.pair = pair;
    this.plan = plan;
    this.findings = findings;
  }

  /**
   * A row that one side has more often than the other.
   *
   * @param key empty without a key
   * @param surplus how much more often the source has it; below 0 where the copy has
   */
  record Unmatched(List<String> key, int surplus) {}

  /** The rows that are not on both sides. */
  List<Unmatched> run() {
    List<Slice.Pages> pages = pair.source().pages();
    Map<Integer, Digest> source = new HashMap<>();
    for (Slice.Pages slice : pages) {
      Map<Integer, Digest> digests = pair.sourceDigests(slice, PARTS);
      digests.forEach((part, digest) -> source.merge(part, digest, Digest::plus));
      findings.compared(digests.values().stream().mapToLong(Digest::rows).sum());
    }
    Map<Integer, Digest> copy = new HashMap<>();
    for (Iterator<Row> rows = pair.copyRows(); rows.hasNext(); ) {
      Digest digest = maker.of(rows.next().values());
      copy.merge(digest.part(PARTS), digest, Digest::plus);
    }
    Set<Integer> differing = differing(source, copy);
    return differing.isEmpty() ? List.of() : unmatched(pages, differing);
  }

  private Set<Integer> differing(Map<Integer, Digest> source, Map<Integer, Digest> copy) {
    Set<Integer> differing = new TreeSet<>();
    long rows = 0;
    for (int part = 0; part < PARTS * plan.sample(); part++) {
      Digest there = source.getOrDefault(part, Digest.NONE);
      Digest here = copy.getOrDefault(part, Digest.NONE);
      if (!there.equals(here)) {
        if (rows > MOST_ROWS) {
          findings.cutOff();
          break;
        }
        rows += there.rows() + here.rows();
        differing.add(part);
      }
    }
    return differing;
  }

  private List<Unmatched> unmatched(List<Slice.Pages> pages, Set<Integer> differing) {
    Map<Digest, Unmatched> found = new HashMap<>();
    for (Slice.Pages slice : pages) {
      pair.sourceRows(slice, PARTS, differing, row -> count(found, row, 1));
    }
    for (Iterator<Row> rows = pair.copyRows(); rows.hasNext(); ) {
      Row row = rows.next();
      if (differing.contains(maker.of(row.values()).part(PARTS))) {
        count(found, row, -1);
      }
    }
    return new ArrayList<>(found.values());
  }

  private void count(Map<Digest, Unmatched> found, Row row, int by) {
    found.merge(
        maker.of(row.values()),
        new Unmatched(row.key(), by),
        (old, one) ->
            old.surplus() + by == 0 ? null : new Unmatched(old.key(), old.surplus() + by));
  }
}
