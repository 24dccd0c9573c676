package io.tidemark.postgres.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.history.TypeBook;
import io.tidemark.postgres.type.MisfitPolicy;
import io.tidemark.postgres.type.PgTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which changes count beside ranges that were read, that are being read, and that were not. */
class KeySieveTest {
  private static final TableSchema FORM =
      new TableSchema(
          new TableName("public", "t"),
          1,
          1,
          List.of(
              new Column(
                  1, "id", new DataType.Int(64), "bigint", 20, -1, true, false, Optional.empty()),
              new Column(
                  2, "v", new DataType.Text(), "text", 25, -1, false, false, Optional.empty())),
          List.of(1),
          TableSchema.ReplicaIdentity.DEFAULT,
          false);
  private static final KeyOrder ORDER =
      new KeyOrder(FORM, new TypeBook(PgTypes.builtIn(), MisfitPolicy.RAW));

  private final KeyCopy copy =
      new KeyCopy(ORDER, 1, new KeyCopy.Start(new Lsn(1000), 100, 1, 0), "form");
  private final KeySieve sieve = new KeySieve(copy);

  /** Reads up to a key with a snapshot. */
  private void read(String upTo, String snapshot) {
    KeyRange range = begin(upTo);
    copy.finish(range, XidSet.parse(snapshot), 2000);
  }

  private KeyRange begin(String upTo) {
    return copy.begin(
        copy.unread().orElseThrow(),
        upTo == null ? Optional.empty() : Optional.of(ORDER.bound(List.of(upTo))));
  }

  private static ChangeBatch change(Op op, long xid, long id) {
    ChangeBatch batch = new ChangeBatch(FORM);
    batch.addRow(op, 1000 + xid, 0, xid, 0);
    ((LongVector) batch.columns().get(0).vector()).add(id);
    batch.columns().get(1).vector().addNull();
    return batch;
  }

  private static ChangeBatch move(long xid, long from, long to, boolean unchanged) {
    ChangeBatch batch = new ChangeBatch(FORM);
    batch.addRow(Op.UPDATE, 1000 + xid, 0, xid, 0);
    ((LongVector) batch.columns().get(0).vector()).add(to);
    if (unchanged) {
      batch.columns().get(1).addUnchanged();
    } else {
      batch.columns().get(1).vector().addNull();
    }
    batch.addBefore(Before.KEY);
    ((LongVector) batch.before().get(0).vector()).add(from);
    batch.before().get(1).vector().addNull();
    return batch;
  }

  /** What counts of a change, as operation and key. */
  private List<String> kept(ChangeBatch change) {
    return words(sieve.sift(change));
  }

  private static List<String> words(List<ChangeBatch> batches) {
    List<String> words = new ArrayList<>();
    for (ChangeBatch batch : batches) {
      for (int i = 0; i < batch.size(); i++) {
        words.add(
            batch.op(i)
                + (batch.op(i) == Op.TRUNCATE
                    ? ""
                    : " " + ((LongVector) batch.columns().get(0).vector()).get(i)));
      }
    }
    return words;
  }

  @Test
  void aSnapshotSeesWhatEndedBeforeIt() {
    XidSet set = XidSet.parse("10:20:10,14");
    assertThat(List.of(9L, 11L, 13L, 19L)).allMatch(set::sees);
    assertThat(List.of(10L, 14L, 20L, 21L)).noneMatch(set::sees);
    assertThat(XidSet.parse(set.toString())).isEqualTo(set);
    assertThat(XidSet.parse("7:7:").sees(6)).isTrue();
    assertThat(XidSet.parse("7:7:").sees(7)).isFalse();
  }

  @Test
  void aReadRangeKeepsWhatItsSnapshotDidNotSee() {
    read("10", "110:130:110,120");
    assertThat(kept(change(Op.UPDATE, 105, 5))).isEmpty();
    assertThat(kept(change(Op.UPDATE, 110, 5))).containsExactly("UPDATE 5");
    assertThat(kept(change(Op.UPDATE, 115, 10))).isEmpty();
    assertThat(kept(change(Op.DELETE, 120, 10))).containsExactly("DELETE 10");
    assertThat(kept(change(Op.CREATE, 130, 1))).containsExactly("CREATE 1");
    assertThat(kept(change(Op.CREATE, 130, 11))).isEmpty();
    assertThat(kept(change(Op.CREATE, 99, 1))).isEmpty();
  }

  @Test
  void aRangeIsNotReadWithASnapshotThatLacksWhatWasDropped() {
    assertThat(kept(change(Op.UPDATE, 110, 5))).isEmpty();
    KeyRange range = begin("10");
    assertThat(copy.mayRead(range, XidSet.parse("110:130:110"))).isFalse();
    assertThat(copy.mayRead(range, XidSet.parse("100:130:100"))).as("before X0 ended").isFalse();
    assertThat(copy.mayRead(range, XidSet.parse("120:130:120"))).isTrue();
  }

  @Test
  void changesWaitWhileTheirRangeIsRead() {
    KeyRange range = begin("10");
    assertThat(kept(change(Op.UPDATE, 110, 5))).isEmpty();
    assertThat(kept(change(Op.UPDATE, 120, 5))).isEmpty();
    assertThat(words(sieve.sift(copy.finish(range, XidSet.parse("115:115:"), 2000))))
        .containsExactly("UPDATE 5");
  }

  @Test
  void changesThatWaitedForARangeThatFailedMustBeSeen() {
    KeyRange range = begin("10");
    assertThat(kept(change(Op.UPDATE, 110, 5))).isEmpty();
    assertThat(sieve.sift(copy.giveUp(range))).isEmpty();
    KeyRange again = begin("3");
    assertThat(copy.mayRead(again, XidSet.parse("105:105:"))).isFalse();
    assertThat(copy.mayRead(again, XidSet.parse("111:111:"))).isTrue();
  }

  @Test
  void whoHasNotNoticedThatARangeWasGivenUpDoesNotFinishItForTheNext() {
    for (String upTo : new String[] {"10", null}) {
      KeyRange first = begin(upTo);
      assertThat(kept(change(Op.UPDATE, 110, 5))).isEmpty();
      assertThat(sieve.sift(copy.giveUp(first))).isEmpty();
      KeyRange second = begin(null);
      assertThat(copy.isPending(first)).as("the first reader of the range").isFalse();
      assertThat(copy.isPending(second)).isTrue();
      assertThat(copy.ranges()).contains(second).doesNotContain(first);
      assertThat(copy.mayRead(second, XidSet.parse("105:105:"))).as("what was dropped").isFalse();
      assertThat(copy.mayRead(second, XidSet.parse("111:111:"))).isTrue();
      assertThat(sieve.sift(copy.giveUp(second))).isEmpty();
    }
  }

  @Test
  void aKeyThatMovesIsSplitWhereRangesDecideDifferently() {
    read("10", "110:110:");
    read("20", "130:130:");
    assertThat(kept(move(120, 5, 15, false))).containsExactly("DELETE 5");
    assertThat(kept(move(120, 15, 5, false))).containsExactly("CREATE 5");
    assertThat(kept(move(140, 5, 15, true))).containsExactly("UPDATE 15");
    assertThat(kept(move(140, 5, 25, true))).containsExactly("DELETE 5");
    assertThat(kept(move(140, 25, 5, false))).containsExactly("CREATE 5");
    assertThat(sieve.broken()).isEmpty();
    assertThat(kept(move(150, 25, 5, true))).isEmpty();
    assertThat(sieve.broken().orElseThrow().forGood()).isTrue();
  }

  @Test
  void aRowWithAnUnchangedValueDoesNotWaitInARangeThatIsRead() {
    read("10", "110:110:");
    KeyRange range = begin("20");
    assertThat(kept(move(140, 5, 15, true))).containsExactly("DELETE 5");
    assertThat(copy.isPending(range)).isFalse();
    assertThat(sieve.broken()).isEmpty();
  }

  @Test
  void aTruncateHoldsForAllRangesOrNone() {
    read("10", "120:120:");
    assertThat(kept(change(Op.TRUNCATE, 110, 0))).isEmpty();
    assertThat(sieve.broken()).isEmpty();
    assertThat(kept(change(Op.TRUNCATE, 130, 0))).isEmpty();
    assertThat(sieve.broken().orElseThrow().forGood()).isFalse();
  }

  @Test
  void aTruncateAfterTheLastRangeIsKept() {
    read("10", "120:120:");
    read(null, "125:125:");
    assertThat(kept(change(Op.TRUNCATE, 130, 0))).containsExactly("TRUNCATE");
  }

  @Test
  void theLedgerHoldsWhatWasReadAndNothingElse() {
    read("10", "110:130:110,120");
    begin("20");
    KeyCopy later = KeyCopy.restore(ORDER, copy.ledger());
    later.goOn(new KeyCopy.Start(new Lsn(3000), 200, 1, 0));
    KeySieve sieved = new KeySieve(later);
    assertThat(words(sieved.sift(change(Op.UPDATE, 120, 10)))).containsExactly("UPDATE 10");
    assertThat(words(sieved.sift(change(Op.UPDATE, 115, 10)))).isEmpty();
    assertThat(words(sieved.sift(change(Op.UPDATE, 120, 11)))).isEmpty();
    KeyRange next = later.begin(later.unread().orElseThrow(), Optional.empty());
    assertThat(later.mayRead(next, XidSet.parse("150:150:"))).as("not past the restart").isFalse();
    assertThat(later.mayRead(next, XidSet.parse("201:201:"))).isTrue();
    assertThat(later.moveTo(2)).as("what was read may not have happened there").isFalse();
  }

  @Test
  void anotherTimelineHoldsOnlyWhereTheStreamHasPassedTheBeginning() {
    KeyCopy fresh = new KeyCopy(ORDER, 1, new KeyCopy.Start(new Lsn(1000), 100, 1, 0), "form");
    assertThat(fresh.moveTo(1)).isTrue();
    assertThat(fresh.moveTo(2)).as("nothing says that it began there").isFalse();
    read("10", "110:110:");
    assertThat(KeyCopy.restore(ORDER, copy.ledger()).moveTo(2)).isFalse();
    copy.passed(2000);
    assertThat(KeyCopy.restore(ORDER, copy.ledger()).moveTo(2)).isTrue();
    begin("20");
    assertThat(copy.moveTo(2)).as("a range is being read").isFalse();
  }

  @Test
  void rangesThatTheStreamHasCaughtUpWithAreJoined() {
    read("10", "110:110:");
    read("20", "110:110:");
    copy.passed(2000);
    assertThat(kept(change(Op.UPDATE, 109, 15))).containsExactly("UPDATE 15");
    assertThat(KeyCopy.restore(ORDER, copy.ledger()).ledger()).isEqualTo(copy.ledger());
    assertThat(copy.ranges()).hasSize(2);
    assertThat(copy.moveTo(2)).isTrue();
    read(null, "130:130:");
    copy.passed(2000);
    assertThat(copy.isSettled()).isTrue();
  }
}
