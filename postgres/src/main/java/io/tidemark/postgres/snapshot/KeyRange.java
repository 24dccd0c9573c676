package io.tidemark.postgres.snapshot;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.postgres.snapshot.KeyOrder.Bound;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A part of a table, by key, and how far its copy is. Guarded by whoever owns the {@link KeyCopy}.
 */
public final class KeyRange {
  /** How far the copy of a range is. */
  enum Stage {
    /** Nobody has read it: its changes are dropped. */
    UNREAD,
    /** It is being read: its changes wait until it is known which of them were read. */
    PENDING,
    /** Its rows have been given, as its snapshot sees them. */
    READ,
    /** The same, and every change that its snapshot saw has come. */
    SETTLED
  }

  /** Exclusive; null where the table begins. */
  final Bound after;

  /** Inclusive; null where the table ends. */
  final Bound upTo;

  Stage stage = Stage.UNREAD;

  /** What was read; only of use in stage READ. */
  XidSet seen;

  /** Position of the log past everything that the snapshot saw, unsigned; stage READ. */
  long seenBelow;

  /** Changes that wait, in stage PENDING. */
  List<ChangeBatch> parked = new ArrayList<>();

  long parkedBytes;

  /** Transactions whose changes were dropped before it was read, so that the copy must see them. */
  Set<Long> mustSee = new HashSet<>();

  KeyRange(Bound after, Bound upTo) {
    this.after = after;
    this.upTo = upTo;
  }
}
