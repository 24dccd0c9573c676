package io.tidemark.api.model;

import java.util.Optional;

/**
 * Where a table stands in one copy: {@code waiting -> copying -> catching up -> member}, or out of
 * the copy with a reason. Only a member is equal to the source at the tidemark; every reader and
 * report names the others.
 *
 * @param phase the step of the life cycle
 * @param attempt number of the copy attempt, 1 or more; 0 while waiting for the first
 * @param reason why the table is no member: what happened and what to do; empty where that is plain
 * @param rowsCopied rows that the running or last attempt has read
 * @param rowsExpected the planner's estimate of the table's rows, -1 where it has none
 * @param since position at which the phase was entered
 */
public record TableState(
    Phase phase,
    int attempt,
    Optional<String> reason,
    long rowsCopied,
    long rowsExpected,
    Lsn since) {

  /** The steps of a table's life in a copy. */
  public enum Phase {
    /** Known, its copy has not begun. */
    WAITING,
    /** Its snapshot is being read. */
    COPYING,
    /**
     * Its snapshot is read; the stream has not passed the position that makes it equal to the
     * source yet.
     */
    CATCHING_UP,
    /**
     * Followed, and complete at every tidemark from {@code since} on; with a reason only as far as
     * the reason lets.
     */
    MEMBER,
    /** Stopped by its owner; comes back by a new copy. */
    PAUSED,
    /** Could not be followed; comes back by a new copy. */
    FAILED,
    /** Dropped at the source, or no longer selected; its history stays. */
    DETACHED;

    /** The lower-case word that users see. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /** A table that is not copied yet. */
  public static TableState waiting() {
    return new TableState(Phase.WAITING, 0, Optional.empty(), 0, -1, Lsn.ZERO);
  }

  /** The same table in another phase, entered at a position, for no reason that needs words. */
  public TableState in(Phase next, Lsn at) {
    return new TableState(next, attempt, Optional.empty(), rowsCopied, rowsExpected, at);
  }

  /** The same table out of the copy, with the reason. */
  public TableState out(Phase next, String why, Lsn at) {
    return new TableState(next, attempt, Optional.of(why), rowsCopied, rowsExpected, at);
  }

  /**
   * Whether the table equals the source at the tidemark. A table in phase {@link Phase#MEMBER} with
   * a reason does not: it is followed, but not every change of it can be captured.
   */
  public boolean isMember() {
    return phase == Phase.MEMBER && reason.isEmpty();
  }

  /** The lower-case word that users see: that of the phase, or {@code partial}. */
  public String word() {
    return phase == Phase.MEMBER && reason.isPresent() ? "partial" : phase.word();
  }
}
