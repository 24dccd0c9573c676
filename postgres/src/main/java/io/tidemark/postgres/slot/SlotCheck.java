package io.tidemark.postgres.slot;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;

/**
 * Refuses a slot from which a copy cannot go on without a gap. The server itself never complains:
 * it moves a start below the confirmed position forward, and takes one beyond the end of the log.
 */
public final class SlotCheck {
  private SlotCheck() {}

  /** Refuses a slot that is not one of ours: plugin, database, flags, WAL thrown away. */
  public static void usable(SlotState slot, String database) {
    if (!slot.plugin().equals("pgoutput")) {
      throw failure(
          ErrorCode.SOURCE_NOT_READY,
          slot.name(),
          "its plugin is '" + slot.plugin() + "', expected pgoutput",
          "Choose another name with the option slot, or drop it");
    }
    if (!slot.database().equals(database)) {
      throw failure(
          ErrorCode.SOURCE_NOT_READY,
          slot.name(),
          "it belongs to database '" + slot.database() + "', not '" + database + "'",
          "Choose another name with the option slot");
    }
    if (slot.temporary()) {
      throw failure(
          ErrorCode.SOURCE_NOT_READY,
          slot.name(),
          "it is temporary: it goes with the session that made it",
          "End that session, or choose another name with the option slot");
    }
    if (slot.twoPhase()) {
      throw failure(
          ErrorCode.SOURCE_NOT_READY,
          slot.name(),
          "it was made with two_phase, and prepared transactions are not read before they commit",
          "Drop it and make it again without two_phase, or choose another name with the option"
              + " slot; where a copy stands on it already, begin a new copy");
    }
    if (slot.isLost()) {
      throw failure(
          ErrorCode.SOURCE_CHANGED,
          slot.name(),
          "the server has thrown away WAL that it still needed (max_slot_wal_keep_size)",
          "Drop the slot and begin a new copy; raise max_slot_wal_keep_size so that it does not"
              + " happen again");
    }
  }

  /**
   * Refuses to go on where the log and the copy do not join.
   *
   * @param tidemark first position that the copy does not hold
   * @param from where the log is to be read from, at or below the tidemark
   * @param walEnd end of the server's log
   */
  public static void joins(SlotState slot, Lsn tidemark, Lsn from, Lsn walEnd) {
    if (from.isBefore(slot.confirmed())) {
      throw failure(
          ErrorCode.DESTINATION_CHANGED,
          slot.name(),
          "it was confirmed up to "
              + slot.confirmed()
              + ", the destination holds changes up to "
              + tidemark
              + " only: the destination went back, or another reader used the slot",
          "Restore the destination's newest state, or begin a new copy");
    }
    if (walEnd.isBefore(tidemark)) {
      throw failure(
          ErrorCode.SOURCE_CHANGED,
          slot.name(),
          "the server's log ends at "
              + walEnd
              + ", before the tidemark "
              + tidemark
              + ": the server went back (a restored backup)",
          "Begin a new copy at an empty destination");
    }
  }

  /** The slot that a copy was made from is gone. */
  public static TidemarkException missing(String slot, Lsn tidemark) {
    return failure(
        ErrorCode.SOURCE_CHANGED,
        slot,
        "it does not exist, and the destination stands at "
            + tidemark
            + ": changes since then may be lost",
        "Begin a new copy at an empty destination; nobody but this program may drop the slot");
  }

  private static TidemarkException failure(
      ErrorCode code, String slot, String reason, String remedy) {
    return new TidemarkException(
        code, "Cannot read from slot " + slot + ": " + reason + ". " + remedy + ".");
  }
}
