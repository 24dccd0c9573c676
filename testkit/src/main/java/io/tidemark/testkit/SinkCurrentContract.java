package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.api.sink.Sink;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a destination of current rows must get right when changes meet rows that it holds already:
 * keys that move, values left out of the log, truncation, copies that die, tables without a key.
 * Each history is flushed whole, and cut in two at every place.
 */
public interface SinkCurrentContract {
  /** A new, empty destination. */
  SinkFixture fixture() throws Exception;

  TableSchema DOCS =
      Form.of("public.docs")
          .key("id", Form.BIGINT)
          .column("body", Form.TEXT)
          .column("note", Form.TEXT)
          .column("price", Form.MONEY)
          .schema();

  TableSchema WORDS =
      Form.of("public.words")
          .column("word", Form.TEXT)
          .column("price", Form.MONEY)
          .identity(ReplicaIdentity.FULL)
          .schema();

  /** Compares after a flush of all, and where each change but the first begins a new flush. */
  private void everyCut(ChangeBatch batch) throws Exception {
    for (int cut = 1; cut <= batch.size(); cut++) {
      ChangeBatch first = part(batch, 0, cut);
      ChangeBatch second = part(batch, cut, batch.size());
      try (SinkFixture destination = fixture();
          SinkSession session = SinkSession.open(destination)) {
        session.stage(first).flush(batch.commitLsn(cut - 1) + 1);
        Seen.in(destination).as("before the cut at " + cut).holds(batch.schema(), first);
        if (second.size() > 0) {
          session.stage(second).flush(10_000);
          Seen.in(destination).as("cut at " + cut).holds(batch.schema(), first, second);
        }
      }
    }
  }

  private static ChangeBatch part(ChangeBatch batch, int from, int to) {
    ChangeBatch part = new ChangeBatch(batch.schema());
    for (int i = from; i < to; i++) {
      part.addFrom(batch, i);
    }
    return part;
  }

  @Test
  default void aKeyComesAndGoes() throws Exception {
    everyCut(
        Batches.of(DOCS)
            .at(100)
            .insert(1L, "one", "a", new BigDecimal("1.00"))
            .insert(2L, "two")
            .at(200)
            .update(1L, "uno", null, new Batches.Raw("NaN"))
            .delete(2L)
            .insert(2L, "deux")
            .at(300)
            .delete(1L)
            .at(400)
            .insert(1L, "eins", "b")
            .batch());
  }

  @Test
  default void keysMoveInChainsAndSwapThroughAThird() throws Exception {
    everyCut(
        Batches.of(DOCS)
            .at(100)
            .insert(1L, "one", "a", new BigDecimal("1.00"))
            .insert(2L, "two", "b", new BigDecimal("2.00"))
            .at(200)
            .update(-1L, Batches.UNCHANGED, "a", new BigDecimal("1.00"))
            .oldKey(1L)
            .update(1L, Batches.UNCHANGED, "b", new BigDecimal("2.00"))
            .oldKey(2L)
            .update(2L, Batches.UNCHANGED, "moved", new BigDecimal("1.00"))
            .oldKey(-1L)
            .update(3L, Batches.UNCHANGED, Batches.UNCHANGED, null)
            .oldKey(2L)
            .at(300)
            .insert(2L, "another two")
            .update(4L, "four")
            .oldKey(3L)
            .delete(1L)
            .batch());
  }

  @Test
  default void valuesLeftOutOfTheLogAreThoseOfTheRowBefore() throws Exception {
    everyCut(
        Batches.of(DOCS)
            .at(100)
            .insert(1L, "long", "first", new Batches.Raw("NaN"))
            .update(1L, Batches.UNCHANGED, "second", Batches.UNCHANGED)
            .at(200)
            .update(1L, "longer", Batches.UNCHANGED, new BigDecimal("2.00"))
            .update(1L, Batches.UNCHANGED, Batches.UNCHANGED, new BigDecimal("3.00"))
            .delete(1L)
            .insert(1L, null, "born again")
            .at(300)
            .update(1L, Batches.UNCHANGED, "kept null", new BigDecimal("4.00"))
            .batch());
  }

  @Test
  default void truncationEmptiesWhatWasThere() throws Exception {
    everyCut(
        Batches.of(DOCS)
            .at(100)
            .insert(1L, "one")
            .insert(2L, "two")
            .at(200)
            .truncate()
            .insert(1L, "again")
            .update(1L, Batches.UNCHANGED, "note")
            .at(300)
            .insert(2L, "two")
            .truncate()
            .at(400)
            .insert(3L, "three")
            .batch());
  }

  @Test
  default void truncationOfALeafLeavesTheOthers() throws Exception {
    TableSchema parts =
        Form.of("public.parts")
            .key("id", Form.BIGINT)
            .column("word", Form.TEXT)
            .partitioned()
            .schema();
    everyCut(
        Batches.of(parts)
            .at(100)
            .insert(1L, "a")
            .leaf("public.parts_1")
            .insert(2L, "b")
            .leaf("public.parts_2")
            .truncate()
            .leaf("public.parts_1")
            .insert(3L, "c")
            .leaf("public.parts_1")
            .at(200)
            .update(2L, "bb")
            .leaf("public.parts_2")
            .truncate()
            .leaf("public.parts_2")
            .truncate()
            .insert(4L, "d")
            .leaf("public.parts_2")
            .batch());
  }

  @Test
  default void equalRowsOfATableWithoutAKeyAreCounted() throws Exception {
    everyCut(
        Batches.of(WORDS)
            .at(100)
            .insert("x", new BigDecimal("1.00"))
            .insert("x", new BigDecimal("1.00"))
            .insert("x", new BigDecimal("1.00"))
            .insert(null, new Batches.Raw("NaN"))
            .insert(null, new Batches.Raw("NaN"))
            .at(200)
            .delete("x", new BigDecimal("1.00"))
            .update("y", null)
            .oldRow("x", new BigDecimal("1.00"))
            .delete(null, new Batches.Raw("NaN"))
            .at(300)
            .update("x", new BigDecimal("1.00"))
            .oldRow("y", null)
            .insert(null, null)
            .delete("x", new BigDecimal("1.00"))
            .at(400)
            .truncate()
            .insert("z", null)
            .batch());
  }

  @Test
  default void whatARepairWritesAnewHoldsUntilTheNextChange() throws Exception {
    ChangeBatch before =
        Batches.of(DOCS)
            .at(100)
            .insert(1L, "one", "a", new BigDecimal("1.00"))
            .insert(2L, "two", "b", new Batches.Raw("NaN"))
            .insert(3L, "three")
            .batch();
    // at the tidemark that the copy has already, just below it; key 4 was missing
    ChangeBatch repair =
        Batches.of(DOCS)
            .at(109)
            .repairAway(3L)
            .repairAway(8L)
            .repair(1L, "uno", null, new Batches.Raw("NaN"))
            .repair(4L, "four", "d", new BigDecimal("4.00"))
            .batch();
    ChangeBatch after =
        Batches.of(DOCS)
            .at(110)
            .update(1L, Batches.UNCHANGED, "later", Batches.UNCHANGED)
            .update(5L, Batches.UNCHANGED, "moved", null)
            .oldKey(4L)
            .insert(3L, "born again")
            .batch();
    for (boolean together : List.of(false, true)) {
      try (SinkFixture destination = fixture();
          SinkSession session = SinkSession.open(destination)) {
        session.stage(before).phase(DOCS.name(), Phase.MEMBER).flush(110);
        session.stage(repair);
        if (!together) {
          session.flush(110);
          Seen.in(destination).as("at the tidemark").holds(DOCS, before, repair);
        }
        session.stage(after).flush(120);
        Seen.in(destination).as("together " + together).holds(DOCS, before, repair, after);
      }
    }
  }

  @Test
  default void aCopyThatDiedLeavesNothing() throws Exception {
    ChangeBatch older = Batches.of(DOCS).at(90).insert(7L, "of an older copy").batch();
    ChangeBatch died =
        Batches.of(DOCS).at(99).attempt().read(1L, "died").read(2L, "died too").batch();
    ChangeBatch lost = Batches.of(DOCS).at(150).update(1L, "lost").insert(3L, "lost").batch();
    ChangeBatch copy = Batches.of(DOCS).at(199).attempt().read(1L, "one").batch();
    ChangeBatch more = Batches.of(DOCS).at(199, 2).read(3L, "three").batch();
    ChangeBatch stream =
        Batches.of(DOCS).at(220).update(3L, "drei").update(4L, "vier").oldKey(1L).batch();
    ChangeBatch last = Batches.of(DOCS).at(300).update(4L, Batches.UNCHANGED, "note").batch();
    try (SinkFixture destination = fixture()) {
      SinkSession session = SinkSession.open(destination);
      session.stage(older).flush(95).phase(DOCS.name(), Phase.COPYING);
      session.stage(died).flush(110).stage(lost).flush(160);
      session.stage(copy).flush(210).stage(stream).flush(230);
      destination.kill(session.sink());
      try (SinkSession next = SinkSession.open(destination)) {
        next.phase(DOCS.name(), Phase.COPYING).stage(more).flush(230);
        next.phase(DOCS.name(), Phase.CATCHING_UP).stage(last).flush(310);
        next.phase(DOCS.name(), Phase.MEMBER).flush(320);
        Seen.in(destination).holds(DOCS, older, died, lost, copy, more, stream, last);
      }
    }
  }

  @Test
  default void aPartitionIsCopiedByItselfWhileTheStreamGoesOn() throws Exception {
    for (ReplicaIdentity identity : List.of(ReplicaIdentity.DEFAULT, ReplicaIdentity.FULL)) {
      Form form = Form.of("public.parts");
      form =
          identity == ReplicaIdentity.FULL
              ? form.column("id", Form.BIGINT)
              : form.key("id", Form.BIGINT);
      TableSchema parts = form.column("word", Form.TEXT).identity(identity).partitioned().schema();
      List<ChangeBatch> given =
          List.of(
              Batches.of(parts)
                  .at(100)
                  .insert(1L, "a")
                  .leaf("public.parts_1")
                  .insert(2L, "b")
                  .leaf("public.parts_1")
                  .batch(),
              // of an older attempt at this partition
              Batches.of(parts)
                  .at(119)
                  .attempt()
                  .leaf("public.parts_2")
                  .read(3L, "old")
                  .leaf("public.parts_2")
                  .batch(),
              Batches.of(parts).at(149).attempt().leaf("public.parts_2").batch(),
              leafStream(parts, identity),
              // the row was in another partition when the copy began, and the stream is behind
              Batches.of(parts)
                  .at(149, 1)
                  .read(2L, "moved")
                  .leaf("public.parts_2")
                  .read(3L, "c")
                  .leaf("public.parts_2")
                  .batch(),
              Batches.of(parts).at(149, 3).read(4L, "d").leaf("public.parts_2").batch());
      for (int together = 0; together < 1 << (given.size() - 1); together++) {
        leafCopy(parts, given, together);
      }
    }
  }

  /** Changes of both partitions, below and above the place at which the second one was read. */
  private static ChangeBatch leafStream(TableSchema schema, ReplicaIdentity identity) {
    boolean whole = identity == ReplicaIdentity.FULL;
    Batches rows = Batches.of(schema).at(140);
    rows.delete(whole ? new Object[] {2L, "b"} : new Object[] {2L}).leaf("public.parts_1");
    rows.at(150).update(3L, Batches.UNCHANGED).leaf("public.parts_2");
    rows = whole ? rows.oldRow(3L, "c") : rows;
    rows.delete(whole ? new Object[] {4L, "d"} : new Object[] {4L}).leaf("public.parts_2");
    return rows.insert(5L, "e").leaf("public.parts_2").batch();
  }

  /** Flushes between those batches whose bit is set; each while the table catches up. */
  private void leafCopy(TableSchema schema, List<ChangeBatch> given, int cuts) throws Exception {
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(schema.name(), Phase.MEMBER).stage(given.get(0)).flush(110);
      session.phase(schema.name(), Phase.CATCHING_UP);
      for (int i = 1; i < given.size(); i++) {
        session.stage(given.get(i));
        if ((cuts >> i & 1) == 1) {
          session.flush(200 + i);
        }
      }
      session.phase(schema.name(), Phase.MEMBER).flush(300);
      Seen.in(destination).as("cuts " + cuts).holds(schema, given);
    }
  }

  @Test
  default void aPartitionGoesWhileTheTableIsCopied() throws Exception {
    TableSchema parts =
        Form.of("public.parts")
            .key("id", Form.BIGINT)
            .column("word", Form.TEXT)
            .partitioned()
            .schema();
    ChangeBatch copy =
        Batches.of(parts).at(99).attempt().read(1L, "a").leaf("public.parts_1").batch();
    ChangeBatch stream =
        Batches.of(parts)
            .at(120)
            .insert(2L, "b")
            .leaf("public.parts_2")
            .insert(3L, "c")
            .leaf("public.parts_1")
            .batch();
    ChangeBatch gone = Batches.of(parts).at(150).attempt().leaf("public.parts_2").batch();
    ChangeBatch more = Batches.of(parts).at(99, 2).read(4L, "d").leaf("public.parts_2").batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(parts.name(), Phase.COPYING).stage(copy, stream).flush(130);
      session.stage(gone).flush(160).stage(more).flush(170);
      session.phase(parts.name(), Phase.MEMBER).flush(180);
      Seen.in(destination).holds(parts, copy, stream, gone, more);
    }
  }

  @Test
  default void aTableThatLeavesTheCopyUnfinishedStopsNobody() throws Exception {
    ChangeBatch copy = Batches.of(WORDS).at(99).attempt().read("x", null).batch();
    ChangeBatch stream =
        Batches.of(WORDS).at(150).delete("not read yet", null).insert("y", null).batch();
    ChangeBatch later = Batches.of(WORDS).at(210).delete("not read yet either", null).batch();
    ChangeBatch others = Batches.of(DOCS).at(300).insert(1L, "one").batch();
    ChangeBatch again = Batches.of(WORDS).at(399).attempt().read("y", null).batch();
    ChangeBatch more = Batches.of(WORDS).at(410).insert("z", null).batch();
    for (Phase out : List.of(Phase.PAUSED, Phase.FAILED, Phase.DETACHED)) {
      for (boolean killed : List.of(false, true)) {
        try (SinkFixture destination = fixture()) {
          SinkSession session = SinkSession.open(destination);
          session.phase(DOCS.name(), Phase.MEMBER);
          session.phase(WORDS.name(), Phase.COPYING).stage(copy).flush(110);
          session.stage(stream).flush(160);
          if (killed) {
            destination.kill(session.sink());
            session = SinkSession.open(destination).phase(DOCS.name(), Phase.MEMBER);
          }
          session.phase(WORDS.name(), out).stage(later).flush(220).stage(others).flush(310);
          Seen.in(destination).as(out.word()).holds(DOCS, others);
          session.phase(WORDS.name(), Phase.COPYING).stage(again, more).flush(420);
          session.phase(WORDS.name(), Phase.MEMBER).flush(430);
          Seen.in(destination).as(out.word()).holdsNow(WORDS, List.of(again, more));
          session.close();
        }
      }
    }
  }

  @Test
  default void aCopyBeginsAgainUnderAnotherKey() throws Exception {
    TableSchema other =
        new TableSchema(
            DOCS.name(),
            DOCS.relationOid(),
            2,
            DOCS.columns().subList(1, 4),
            List.of(2),
            ReplicaIdentity.DEFAULT,
            false);
    ChangeBatch died = Batches.of(DOCS).at(99).attempt().read(1L, "one").batch();
    ChangeBatch lost = Batches.of(DOCS).at(150).update(7L, "never read").delete(8L).batch();
    ChangeBatch copy = Batches.of(other).at(199).attempt().read("uno", "n").batch();
    ChangeBatch stream = Batches.of(other).at(220).update("uno", "m").insert("due").batch();
    for (Phase between : List.of(Phase.COPYING, Phase.CATCHING_UP, Phase.MEMBER)) {
      try (SinkFixture destination = fixture();
          SinkSession session = SinkSession.open(destination)) {
        session.phase(DOCS.name(), Phase.COPYING).stage(died, lost).flush(160);
        session.phase(DOCS.name(), between).stage(copy, stream).flush(230);
        session.phase(DOCS.name(), Phase.MEMBER).flush(240);
        Seen.in(destination).as("through " + between.word()).holds(other, died, lost, copy, stream);
      }
    }
  }

  @Test
  default void aTableIsTruncatedWhileItIsCopied() throws Exception {
    ChangeBatch copy = Batches.of(DOCS).at(99).attempt().read(1L, "one").batch();
    ChangeBatch stream = Batches.of(DOCS).at(150).truncate().insert(5L, "after").batch();
    ChangeBatch more = Batches.of(DOCS).at(99, 2).read(2L, "two").batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(DOCS.name(), Phase.COPYING).stage(copy).flush(110).stage(stream).flush(160);
      session.stage(more).phase(DOCS.name(), Phase.MEMBER).flush(160);
      Seen.in(destination).holds(DOCS, copy, more, stream);
    }
  }

  @Test
  default void aFormChangesWhileATableIsCopied() throws Exception {
    TableSchema next =
        Form.next(DOCS).rename("note", "remark").column("size", Form.BIGINT, "7").schema();
    ChangeBatch copy = Batches.of(DOCS).at(99).attempt().read(1L, "one", "n").batch();
    ChangeBatch stream = Batches.of(DOCS).at(150).update(1L, Batches.UNCHANGED, "m").batch();
    ChangeBatch later = Batches.of(next).at(160).insert(2L, "two", "o", null, 8L).batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.phase(DOCS.name(), Phase.COPYING).stage(copy, stream).flush(155);
      session.stage(later).flush(165).phase(DOCS.name(), Phase.MEMBER).flush(170);
      Seen.in(destination).holds(next, copy, stream, later);
    }
  }

  @Test
  default void whatIsAddedWithAConstantFillsTheRowsThatAreThere() throws Exception {
    TableSchema next = Form.next(DOCS).column("colour", Form.TEXT, "it's red").schema();
    ChangeBatch before = Batches.of(DOCS).at(100).insert(1L, "one").insert(2L, "two").batch();
    ChangeBatch waiting = Batches.of(DOCS).at(200).update(2L, Batches.UNCHANGED, "n").batch();
    ChangeBatch after = Batches.of(next).at(200, 1).update(1L, "uno", null, null, null).batch();
    try (SinkFixture destination = fixture();
        SinkSession session = SinkSession.open(destination)) {
      session.stage(before).flush(110).stage(waiting, after).flush(210);
      Seen.in(destination).holds(next, before, waiting, after);
    }
  }

  @Test
  default void aKeyBecomesAnother() throws Exception {
    TableSchema wide =
        new TableSchema(
            DOCS.name(),
            DOCS.relationOid(),
            2,
            DOCS.columns(),
            List.of(1, 2),
            ReplicaIdentity.DEFAULT,
            false);
    ChangeBatch before =
        Batches.of(DOCS).at(100).insert(1L, "a").insert(2L, "b").update(1L, "aa").batch();
    ChangeBatch after =
        Batches.of(wide)
            .at(100, 3)
            .insert(1L, "b")
            .delete(2L, "b")
            .update(1L, "c", "moved")
            .oldKey(1L, "aa")
            .batch();
    for (boolean together : List.of(true, false)) {
      try (SinkFixture destination = fixture();
          SinkSession session = SinkSession.open(destination)) {
        session.stage(before);
        if (!together) {
          session.flush(110);
        }
        session.stage(after).flush(120);
        Seen.in(destination).holds(wide, before, after);
      }
    }
  }

  @Test
  default void whatWasSealedIsAppliedInOrderAfterAKill() throws Exception {
    List<ChangeBatch> given = new ArrayList<>();
    try (SinkFixture destination = fixture()) {
      Sink last = null;
      for (long life = 1; life <= 4; life++) {
        SinkSession session = SinkSession.open(destination);
        ChangeBatch batch =
            life == 1
                ? Batches.of(DOCS).at(100).insert(1L, "life 1").batch()
                : Batches.of(DOCS)
                    .at(100 * life)
                    .update(life, Batches.UNCHANGED, "life " + life)
                    .oldKey(life - 1)
                    .batch();
        session.stage(batch).flush(100 * life + 10);
        given.add(batch);
        session
            .stage(Batches.of(DOCS).at(100 * life + 20).delete(life).batch())
            .seal(100 * life + 30);
        destination.kill(session.sink());
        last = session.sink();
        Seen.in(destination).as("life " + life).holds(DOCS, given);
      }
      last.close();
    }
  }
}
