package io.tidemark.postgres.sink;

import java.util.Set;
import java.util.TreeSet;

/**
 * What is known of changes in a table of the stage, so that work which none of them needs is left
 * out.
 *
 * @param snapshot rows of a snapshot, and what begins an attempt of the whole table
 * @param stream anything else
 * @param truncates of either
 * @param ending updates and deletes
 * @param movedLeft updates that both change the key and leave values out
 * @param left attribute numbers of columns whose value an update left out
 * @param nulls attribute numbers of columns that may be null in a row that lives
 */
record Ops(
    boolean snapshot,
    boolean stream,
    boolean truncates,
    boolean ending,
    boolean movedLeft,
    Set<Integer> left,
    Set<Integer> nulls) {
  static final Ops NONE = new Ops(false, false, false, false, false, Set.of(), Set.of());

  /** Anything may be there but nulls, which are known. */
  static Ops any(TargetForm form, Set<Integer> nulls) {
    Set<Integer> all = new TreeSet<>();
    form.columns().forEach(part -> all.add(part.attnum()));
    return new Ops(true, true, true, true, true, all, nulls);
  }

  /** What is known of those that are of a snapshot: none of them ends anything but a TRUNCATE. */
  Ops ofSnapshot() {
    return new Ops(snapshot, false, truncates, false, false, Set.of(), nulls);
  }

  Ops and(Ops other) {
    return new Ops(
        snapshot || other.snapshot,
        stream || other.stream,
        truncates || other.truncates,
        ending || other.ending,
        movedLeft || other.movedLeft,
        union(left, other.left),
        union(nulls, other.nulls));
  }

  private static Set<Integer> union(Set<Integer> a, Set<Integer> b) {
    if (b.isEmpty()) {
      return a;
    }
    Set<Integer> all = new TreeSet<>(a);
    all.addAll(b);
    return all;
  }
}
