package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.postgres.CatalogSession.Present;
import io.tidemark.postgres.PostgresConfig.SnapshotMode;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.slot.ExportedSlot;
import io.tidemark.postgres.slot.Publication;
import io.tidemark.postgres.slot.SlotState;
import io.tidemark.postgres.snapshot.SnapshotHolder;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How a source begins: with a new copy, or where one stands. One thread, before any other runs. */
final class Opening {
  private final PostgresConfig config;
  private final CatalogSession session;
  private final TableBook book;
  private final KeyBook keys;
  private final Boundaries boundaries;
  private final Reconciliation reconciliation;
  private final Definitions definitions;
  private final Copier copier;

  Opening(
      PostgresConfig config,
      CatalogSession session,
      TableBook book,
      KeyBook keys,
      Boundaries boundaries,
      Reconciliation reconciliation,
      Definitions definitions,
      Copier copier) {
    this.config = config;
    this.session = session;
    this.book = book;
    this.keys = keys;
    this.boundaries = boundaries;
    this.reconciliation = reconciliation;
    this.definitions = definitions;
    this.copier = copier;
  }

  /**
   * Makes the publications where they are missing and puts the selected tables into them.
   *
   * @return names of those that the stream is read from
   */
  List<String> publish(ResumePoint resume, Lsn tidemark) throws SQLException {
    if (tidemark.equals(Lsn.ZERO)) {
      session.createPublications(session.look().catalog());
    }
    // what could not be done is said by the watch, which tries again
    session.keepPublications(session.look(), book.relations());
    // the server cannot decode what was written before a publication was made, so a copy that goes
    // on reads from those that it began with
    Optional<List<String>> before =
        Optional.ofNullable(resume.notes().get(PostgresSource.PUBLICATIONS_NOTE))
            .map(text -> text.lines().toList());
    List<String> read =
        session.look().publications().stream()
            .map(Publication::name)
            .filter(name -> before.map(known -> known.contains(name)).orElse(true))
            .toList();
    if (read.isEmpty() && !isOnly()) {
      throw new TidemarkException(
          ErrorCode.SOURCE_CHANGED,
          "Cannot go on from slot "
              + config.slot()
              + ": publication "
              + config.publication()
              + ", which it was read with, does not exist any more, and the server decodes nothing"
              + " that was written before one is made. Drop the slot and begin a new copy.");
    }
    session.readFrom(Set.copyOf(read));
    book.note(PostgresSource.PUBLICATIONS_NOTE, String.join("\n", read));
    return read;
  }

  /** Takes in what the copy knows of its tables, and what became of them since. */
  void restore(ResumePoint resume, Lsn tidemark) throws SQLException {
    Present present = session.look();
    resume
        .tables()
        .forEach(
            (name, state) ->
                book.restore(
                    name,
                    state,
                    Optional.ofNullable(resume.schemas().get(name)),
                    Optional.ofNullable(resume.notes().get(TableNote.key(name)))
                        .map(note -> TableNote.fromJson(name, note))));
    book.all().forEach(table -> restoreKeys(table, resume.notes(), tidemark));
    for (CatalogTable table : present.catalog().tables()) {
      TableName name = table.name();
      String stored = resume.notes().get(TableNote.key(name));
      book.find(name)
          .ifPresent(
              tracked ->
                  present
                      .published(table)
                      // another stamp is left to the reconciliation, which copies again
                      .filter(
                          now ->
                              stored == null
                                  || now.stamp()
                                      .equals(TableNote.fromJson(name, stored).published()))
                      .ifPresent(now -> book.published(tracked, now)));
    }
    definitions.look(present, tidemark);
    reconciliation.take(present, tidemark);
    for (TrackedTable table : book.all()) {
      if (table.follows() && book.publishedAs(table) == null) {
        // a note of an older version, and the catalog has the table under its name no more
        book.again(table, "it is not known any more how it was published", tidemark);
      }
    }
  }

  /** A copy in key ranges that was broken off goes on with its ledger; no other one has a use. */
  private void restoreKeys(TrackedTable table, Map<String, String> notes, Lsn tidemark) {
    String ledger = notes.get(KeyBook.key(table.name));
    if (ledger != null && table.isBeingCopied()) {
      keys.restore(table, ledger, tidemark);
    } else if (ledger != null) {
      book.forget(KeyBook.key(table.name));
    }
  }

  /** A new copy: everything begins at one snapshot, or where a slot that is there stands. */
  void begin(Optional<SlotState> slot) throws SQLException, InterruptedException {
    if (config.snapshot().mode() == SnapshotMode.NEVER && slot.isPresent()) {
      follow(slot.get().confirmed(), session.clockMicros());
      return;
    }
    ExportedSlot.Kind kind =
        config.failoverSlot() ? ExportedSlot.Kind.FAILOVER : ExportedSlot.Kind.LASTING;
    // before the snapshot is there: what fails here holds nothing
    List<TrackedTable> tables = copier.decided();
    SnapshotHolder holder =
        slot.isPresent() || isOnly()
            ? copier.snapshots().temporary()
            : copier.snapshots().of(config.slot(), kind);
    if (config.snapshot().mode() == SnapshotMode.NEVER) {
      try (holder) {
        follow(holder.point(), holder.takenAtMicros());
      }
      return;
    }
    RoundPreparation.Prepared prepared = copier.preparation().prepare(holder, tables);
    boundaries.startAt(holder.point(), holder.takenAtMicros());
    copier.first(prepared);
  }

  /** Gives the changes from a position on and copies nothing. */
  private void follow(Lsn from, long micros) throws SQLException {
    copier.follow(session.look(), List.copyOf(book.all()), from);
    boundaries.startAt(from, micros);
  }

  /** What was being copied begins again; what was copied waits for the stream as before. */
  void resumeTables() throws SQLException {
    for (TrackedTable table : book.all()) {
      if (table.state.phase() == Phase.COPYING && table.keys == null) {
        book.again(table, "its copy was interrupted; it begins again", boundaries.position());
      } else if (table.state.phase() == Phase.CATCHING_UP && !table.lacksLeaves()) {
        Lsn mark = isOnly() ? boundaries.position() : session.mark("resumed");
        synchronized (book) {
          table.memberAt = mark.value();
        }
      }
    }
  }

  private boolean isOnly() {
    return config.snapshot().mode() == SnapshotMode.ONLY;
  }
}
