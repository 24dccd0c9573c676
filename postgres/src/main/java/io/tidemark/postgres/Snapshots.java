package io.tidemark.postgres;

import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.ExportedSlot;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import io.tidemark.postgres.stream.ByteBudget;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Snapshots whose place in the stream is exact: each is exported by a slot. */
final class Snapshots {
  private static final String MATTER = "copy";
  private static final Duration SLOT_WAIT = Duration.ofMinutes(10);

  private final String slot;
  private final Connector connector;
  private final ByteBudget reading;
  private final Problems problems;
  private volatile Optional<ReadingHold> hold = Optional.empty();

  /**
   * @param slot after which the slots are named
   * @param reading what the reader of the stream waits for
   */
  Snapshots(String slot, Connector connector, ByteBudget reading, Problems problems) {
    this.slot = slot;
    this.connector = connector;
    this.reading = reading;
    this.problems = problems;
  }

  /** The reader rests until this is closed, or until a snapshot has to wait for others. */
  ReadingHold rest() {
    ReadingHold resting = new ReadingHold(reading);
    hold = Optional.of(resting);
    return resting;
  }

  /** A snapshot from a slot of its own, which is gone when this returns. */
  SnapshotHolder temporary() throws SQLException, InterruptedException {
    String name =
        slot.substring(0, Math.min(48, slot.length()))
            + "_copy_"
            + Integer.toHexString(ThreadLocalRandom.current().nextInt());
    return of(name, ExportedSlot.Kind.TEMPORARY);
  }

  /** Creates a slot and takes its snapshot over. */
  SnapshotHolder of(String name, ExportedSlot.Kind kind) throws SQLException, InterruptedException {
    try (ExportedSlot made = ExportedSlot.create(connector, name, kind, SLOT_WAIT, this::waits)) {
      return SnapshotHolder.take(connector, made);
    } finally {
      problems.clear(MATTER);
    }
  }

  private void waits(String text) {
    problems.say(MATTER, text);
    hold.ifPresent(ReadingHold::close);
  }
}
