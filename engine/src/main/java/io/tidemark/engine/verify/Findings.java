package io.tidemark.engine.verify;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What is found of one table while it is compared. */
final class Findings {
  /** As many keys are looked at again; a copy with more of them is compared no further. */
  private static final int MOST_SUSPECTS = 200_000;

  /** So many differences are named. */
  private static final int SHOWN = 50;

  /** So many keys that differ are kept; where there are more, a table is better copied again. */
  private static final int MOST_DIFFERING = 10_000;

  private final Set<List<String>> suspects = new LinkedHashSet<>();
  private final List<Difference> shown = new ArrayList<>();
  private final Set<List<String>> keys = new LinkedHashSet<>();
  private boolean whole;
  private long rows;
  private long ranges;
  private long differing;
  private long parked;
  private boolean cut;

  /** A round is over. */
  void compared(long more) {
    rows += more;
    ranges++;
  }

  /** A key differs, but maybe only because the two sides were read at different positions. */
  void suspect(List<String> key) {
    suspects.add(List.copyOf(key));
  }

  /** The table differs, and can only be compared as a whole. */
  void suspectWhole() {
    whole = true;
  }

  /** Not everything that differs was looked into. */
  void cutOff() {
    cut = true;
  }

  boolean isFull() {
    cut |= suspects.size() >= MOST_SUSPECTS;
    return suspects.size() >= MOST_SUSPECTS;
  }

  /** A row differs at one position. */
  void differs(Difference difference, CopySide.Parked excepted) {
    if (excepted.holds(difference.key())) {
      parked += difference.rows();
      return;
    }
    differing += difference.rows();
    if (keys.size() <= MOST_DIFFERING) {
      keys.add(difference.key());
    }
    if (shown.size() < SHOWN) {
      shown.add(difference);
    }
  }

  /** The keys that differ; empty where they cannot be named, or are too many. */
  Set<List<String>> differingKeys() {
    return whole || cut || keys.size() > MOST_DIFFERING ? Set.of() : keys;
  }

  boolean isSuspicious() {
    return whole || !suspects.isEmpty();
  }

  boolean isWhole() {
    return whole;
  }

  Set<List<String>> suspects() {
    return suspects;
  }

  long rows() {
    return rows;
  }

  long ranges() {
    return ranges;
  }

  long differing() {
    return differing;
  }

  long parked() {
    return parked;
  }

  List<Difference> shown() {
    return shown;
  }

  /** Whether there may be more than was found. */
  boolean isCut() {
    return cut;
  }
}
