package io.tidemark.engine.verify;

import io.tidemark.api.copy.Slice;
import io.tidemark.engine.verify.Difference.Kind;
import io.tidemark.engine.verify.TablePair.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Says of the suspects of one table, with both sides at one position, which of them differ. */
final class Judgement {
  private static final int KEYS = 500;

  private final TablePair pair;
  private final CopySide.Parked parked;
  private final Findings findings;
  private final Map<List<String>, List<String>> source = new HashMap<>();

  Judgement(TablePair pair, CopySide.Parked parked, Findings findings) {
    this.pair = pair;
    this.parked = parked;
    this.findings = findings;
  }

  /** Reads the suspects' rows at the source. */
  void readSource() {
    List<List<String>> keys = new ArrayList<>(findings.suspects());
    for (int from = 0; from < keys.size(); from += KEYS) {
      Slice slice = new Slice.Keys(keys.subList(from, Math.min(keys.size(), from + KEYS)));
      pair.sourceRows(slice, row -> source.put(row.key(), row.values()));
    }
  }

  /** Reads their rows in the copy, and compares. */
  void compareWithCopy() {
    Set<List<String>> suspects = findings.suspects();
    Map<List<String>, List<String>> copy = new HashMap<>();
    for (Iterator<Row> rows = pair.copyRows(suspects); rows.hasNext(); ) {
      Row row = rows.next();
      if (suspects.contains(row.key()) && copy.put(row.key(), row.values()) != null) {
        differs(Kind.EXTRA, row.key(), List.of(), 1); // a key that the copy has twice
      }
    }
    for (List<String> key : suspects) {
      List<String> there = source.get(key);
      List<String> here = copy.get(key);
      if (there == null && here != null) {
        differs(Kind.EXTRA, key, List.of(), 1);
      } else if (there != null && here == null) {
        differs(Kind.MISSING, key, List.of(), 1);
      } else if (there != null && !there.equals(here)) {
        differs(Kind.CHANGED, key, pair.differing(there, here), 1);
      }
    }
  }

  /** Names what is left of the comparison of a whole table. */
  void judge(List<PartWalk.Unmatched> unmatched) {
    if (!pair.hasKey()) {
      for (PartWalk.Unmatched row : unmatched) {
        Kind kind = row.surplus() > 0 ? Kind.MISSING : Kind.EXTRA;
        differs(kind, List.of(), List.of(), Math.abs(row.surplus()));
      }
      return;
    }
    Map<List<String>, Kind> byKey = new LinkedHashMap<>();
    for (PartWalk.Unmatched row : unmatched) {
      Kind kind = row.surplus() > 0 ? Kind.MISSING : Kind.EXTRA;
      byKey.merge(row.key(), kind, (one, other) -> one == other ? one : Kind.CHANGED);
    }
    byKey.forEach((key, kind) -> differs(kind, key, List.of(), 1));
  }

  private void differs(Kind kind, List<String> key, List<String> columns, long rows) {
    findings.differs(new Difference(kind, key, columns, rows), parked);
  }
}
