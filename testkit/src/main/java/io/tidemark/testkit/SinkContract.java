package io.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.testkit.ScriptedSource.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * What every sink promises the engine: order, exactly once across a kill at every point, fencing,
 * state. A module's test implements {@link #fixture}; the forms and values of rows are in {@link
 * SinkRowContract}, reading back in {@link CopyReaderContract}, and a sink's test implements all
 * three.
 */
public interface SinkContract {
  /** A new, empty destination. */
  SinkFixture fixture() throws Exception;

  /** Where a process is killed. */
  enum Kill {
    OPENED,
    PREPARED,
    STAGED,
    SEALED,
    SEALED_TWICE,
    COMMITTED
  }

  TableSchema ITEMS =
      Form.of("public.items")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("price", Form.MONEY)
          .column("at", Form.TIMESTAMPTZ)
          .schema();

  TableSchema PLAIN = Form.of("shop.plain").column("word", Form.TEXT).schema();

  private static ChangeBatch item(long lsn, long id, String name) {
    return Batches.of(ITEMS).at(lsn).insert(id, name).batch();
  }

  @Test
  default void anEmptyDestinationIsNew() throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      assertThat(session.opened().isNew()).isTrue();
      assertThat(session.opened().tidemark()).isEqualTo(Position.NONE);
      assertThat(session.opened().epoch()).isPositive();
      Seen.in(destination).holds(ITEMS);
    }
  }

  @Test
  default void nothingIsSeenBeforeTheCommitAndEverythingAfterIt() throws Exception {
    ChangeBatch items = Batches.of(ITEMS).at(100).insert(1L, "a").insert(2L, "b").batch();
    ChangeBatch plain = Batches.of(PLAIN).at(100, 2).insert("x").at(200).insert("x").batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(items, plain);
      Seen.in(destination).holds(ITEMS);
      session.seal(210);
      assertThat(session.sealed().stream().mapToLong(Staged::rows).sum()).isEqualTo(4);
      Seen.in(destination).holds(ITEMS);
      Seen.in(destination).holds(PLAIN);
      session.commitSealed(210);
      Seen.in(destination).holds(ITEMS, items);
      Seen.in(destination).holds(PLAIN, plain);
    }
  }

  @Test
  default void rowsKeepTheOrderOfTheirCommitsOverManyFlushes() throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      List<ChangeBatch> expected = new ArrayList<>();
      for (long flush = 1; flush <= 5; flush++) {
        ChangeBatch first = item(flush * 100, flush, "first " + flush);
        ChangeBatch second =
            Batches.of(ITEMS).at(flush * 100 + 50).update(1L, "second " + flush).batch();
        session.stage(first, second).flush(flush * 100 + 60);
        expected.addAll(List.of(first, second));
      }
      Seen.in(destination).holds(ITEMS, expected);
    }
  }

  @Test
  default void piecesSealedEarlierMayBeCommittedTogether() throws Exception {
    ChangeBatch early = item(100, 1, "early");
    ChangeBatch late = item(200, 2, "late");
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(early).seal(110).stage(late).seal(210);
      Seen.in(destination).holds(ITEMS);
      session.commitSealed(210);
      Seen.in(destination).holds(ITEMS, early, late);
    }
  }

  @Test
  default void aKillAtAnyPointLosesNothingAndDoublesNothing() throws Exception {
    for (Kill point : Kill.values()) {
      try (SinkFixture destination = fixture()) {
        killAndGoOn(destination, point);
      }
    }
  }

  private static void killAndGoOn(SinkFixture destination, Kill point) throws Exception {
    ChangeBatch before = item(100, 1, "before");
    ChangeBatch lost = Batches.of(ITEMS).at(200).insert(2L, "b").insert(3L, "c").batch();
    SinkSession session = SinkSession.open(destination);
    session.stage(before).entry("n", Optional.of("1")).flush(110);
    session.entry("n", Optional.of("2"));
    switch (point) {
      case OPENED -> session = SinkSession.open(destination);
      case PREPARED -> session.sink().prepare(Form.next(ITEMS).column("more", Form.TEXT).schema());
      case STAGED -> session.stage(lost);
      case SEALED -> session.stage(lost).seal(210);
      case SEALED_TWICE -> session.stage(lost).seal(210).stage(item(300, 4, "d")).seal(310);
      case COMMITTED -> session.stage(lost).flush(210);
    }
    destination.kill(session.sink());

    boolean happened = point == Kill.COMMITTED;
    try (SinkSession next = SinkSession.open(destination)) {
      SinkState state = next.opened();
      assertThat(state.tidemark()).as("%s", point).isEqualTo(Script.position(happened ? 210 : 110));
      assertThat(state.entries()).as("%s", point).isEqualTo(Map.of("n", happened ? "2" : "1"));
      Seen.in(destination)
          .as(point + ", at first")
          .holds(ITEMS, happened ? List.of(before, lost) : List.of(before));
      if (!happened) {
        next.stage(lost).entry("n", Optional.of("2")).flush(210);
      }
      ChangeBatch after = item(300, 5, "e");
      next.stage(after).flush(310);
      Seen.in(destination).as(point + ", at last").holds(ITEMS, before, lost, after);
    }
  }

  @Test
  default void stateIsKeptAsGivenAndReturnedWhole() throws Exception {
    String odd = "va\"lue \\ with\nlines, ünïcode \uD83C\uDF0A and " + "length ".repeat(5_000);
    try (SinkFixture destination = fixture()) {
      try (SinkSession session = SinkSession.open(destination)) {
        session.entry("table/we.ird/Näme", Optional.of(odd)).entry("empty", Optional.of(""));
        session.entry("gone", Optional.of("soon")).entry("kept", Optional.of("1")).flush(110);
        session.entry("gone", Optional.empty()).entry("never", Optional.empty()).flush(210);
        session.entry("kept", Optional.of("2")).flush(310);
      }
      try (SinkSession session = SinkSession.open(destination)) {
        assertThat(session.opened().entries())
            .isEqualTo(Map.of("table/we.ird/Näme", odd, "empty", "", "kept", "2"));
        assertThat(session.opened().isNew()).isFalse();
      }
    }
  }

  @Test
  default void anEmptyCommitMovesTheTidemarkAndOneAtTheSamePlaceIsAllowed() throws Exception {
    ChangeBatch snapshot = Batches.of(ITEMS).at(99).attempt().read(1L, "a").batch();
    try (SinkFixture destination = fixture()) {
      try (SinkSession session = SinkSession.open(destination)) {
        session.flush(110).stage(snapshot).flush(110).flush(110).flush(210);
      }
      try (SinkSession session = SinkSession.open(destination)) {
        assertThat(session.opened().tidemark()).isEqualTo(Script.position(210));
        Seen.in(destination).holds(ITEMS, snapshot);
      }
    }
  }

  @Test
  default void everyOpenTakesAHigherEpoch() throws Exception {
    try (SinkFixture destination = fixture()) {
      long last = 0;
      for (int i = 0; i < 4; i++) {
        try (SinkSession session = SinkSession.open(destination)) {
          assertThat(session.opened().epoch()).isGreaterThan(last);
          last = session.opened().epoch();
          if (i % 2 == 0) {
            session.stage(item(100 + i, i, "row")).flush(110 + i);
          }
        }
      }
    }
  }

  @Test
  default void aWriterThatWasTakenOverCommitsNothing() throws Exception {
    ChangeBatch first = item(100, 1, "first");
    ChangeBatch second = item(200, 2, "second");
    try (SinkFixture destination = fixture();
        SinkSession old = SinkSession.open(destination)) {
      old.stage(first).flush(110);
      try (SinkSession young = SinkSession.open(destination)) {
        assertThatThrownBy(() -> old.stage(item(200, 2, "zombie")).flush(210))
            .isInstanceOf(SinkException.Fenced.class);
        young.stage(second).flush(210);
        assertThatThrownBy(() -> old.flush(310)).isInstanceOf(SinkException.Fenced.class);
        Seen.in(destination).holds(ITEMS, first, second);
      }
    }
  }

  @Test
  default void aWriterThatComesBackGoesOnUnlessAnotherHasTakenOver() throws Exception {
    ChangeBatch first = item(100, 1, "first");
    ChangeBatch second = item(200, 2, "second");
    try (SinkFixture destination = fixture();
        SinkSession old = SinkSession.open(destination)) {
      old.stage(first).flush(110);
      try (SinkSession back = SinkSession.reopen(destination, old.opened().epoch())) {
        assertThat(back.opened().epoch()).isGreaterThan(old.opened().epoch());
        assertThat(back.opened().tidemark()).isEqualTo(Script.position(110));
        try (SinkSession young = SinkSession.open(destination)) {
          for (long held : List.of(old.opened().epoch(), back.opened().epoch())) {
            assertThatThrownBy(() -> SinkSession.reopen(destination, held))
                .isInstanceOf(SinkException.Fenced.class);
          }
          young.stage(second).flush(210);
          Seen.in(destination).holds(ITEMS, first, second);
        }
      }
    }
  }

  @Test
  default void aWriterThatSleptWithSealedWorkCommitsNothingHoweverLate() throws Exception {
    List<ChangeBatch> expected = new ArrayList<>();
    try (SinkFixture destination = fixture();
        SinkSession zombie = SinkSession.open(destination)) {
      expected.add(item(100, 1, "a"));
      zombie.stage(expected.get(0)).flush(110);
      zombie.stage(item(200, 2, "zombie")).seal(210);
      for (int successor = 0; successor < 3; successor++) {
        try (SinkSession young = SinkSession.open(destination)) {
          for (int flush = 0; flush < 3; flush++) {
            long lsn = 200 + successor * 100 + flush * 10;
            ChangeBatch batch = item(lsn, lsn, "young");
            expected.add(batch);
            young.stage(batch).flush(lsn + 5);
          }
        }
      }
      assertThatThrownBy(() -> zombie.commitSealed(210)).isInstanceOf(SinkException.Fenced.class);
      assertThatThrownBy(() -> zombie.commitSealed(9_000)).isInstanceOf(SinkException.class);
      Seen.in(destination).holds(ITEMS, expected);
      try (SinkSession last = SinkSession.open(destination)) {
        assertThat(last.opened().tidemark()).isEqualTo(Script.position(425));
      }
    }
  }

  @Test
  default void aFormThatCannotBeHeldIsRejectedByNameAndTheOthersGoOn() throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      Optional<TableSchema> refused = destination.refusedForm();
      org.junit.jupiter.api.Assumptions.assumeTrue(
          refused.isPresent(), "this destination holds every form");
      assertThatThrownBy(() -> session.sink().prepare(refused.get()))
          .isInstanceOf(SinkException.Rejected.class)
          .hasMessageStartingWith("Cannot ")
          .extracting(e -> ((SinkException.Rejected) e).table())
          .isEqualTo(refused.get().name());
      ChangeBatch good = item(100, 1, "good");
      session.stage(good).flush(110);
      Seen.in(destination).holds(ITEMS, good);
    }
  }

  @Test
  default void rowsThatCannotBeWrittenAreRejectedWithTheirWholeBatch() throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      Optional<ChangeBatch> refused = destination.refusedRows();
      org.junit.jupiter.api.Assumptions.assumeTrue(
          refused.isPresent(), "this destination writes every row");
      ChangeBatch before = item(10, 1, "before");
      ChangeBatch after = item(20_000, 2, "after");
      session.stage(before);
      assertThatThrownBy(() -> session.stage(refused.get()))
          .isInstanceOf(SinkException.Rejected.class)
          .extracting(e -> ((SinkException.Rejected) e).table())
          .isEqualTo(refused.get().table());
      session.stage(after).flush(20_010);
      if (!refused.get().table().equals(ITEMS.name())) {
        Seen.in(destination).holds(refused.get().schema());
      }
      Seen.in(destination).holds(ITEMS, before, after);
    }
  }

  @Test
  default void manyTablesAreCommittedByOneAct() throws Exception {
    int tables = 100;
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      List<ChangeBatch> batches = new ArrayList<>();
      for (int i = 0; i < tables; i++) {
        TableSchema schema = Form.of("many.t" + i).key("id", Form.BIGINT).schema();
        batches.add(Batches.of(schema).at(100, i).insert((long) i).batch());
      }
      session.stage(batches.toArray(ChangeBatch[]::new)).flush(110);
      for (ChangeBatch batch : batches) {
        Seen.in(destination).holds(batch.schema(), batch);
      }
    }
  }
}
