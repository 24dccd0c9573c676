package io.tidemark.postgres.stream;

import static io.tidemark.postgres.stream.Wire.UNCHANGED;
import static io.tidemark.postgres.stream.Wire.in;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.Lsn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransactionAssemblerTest {
  private static final int T = 1001;
  private static final int U = 1002;

  @TempDir private Path directory;
  private final Recording recording = new Recording();
  private final AtomicLong clock = new AtomicLong();
  private TransactionAssembler assembler;

  @BeforeEach
  void open() {
    open(StreamLimits.usual(directory));
  }

  private void open(StreamLimits limits) {
    StreamOptions options = new StreamOptions("s", List.of("p"), Lsn.ZERO, false, true, "tide", 5);
    assembler = new TransactionAssembler(options, limits, recording, recording, clock::get);
  }

  private StreamLimits limits(int batchRows, int maxRowBytes, long streamedBytes) {
    return new StreamLimits(
        batchRows, 8 << 20, Duration.ofMillis(20), maxRowBytes, streamedBytes, 1 << 30, directory);
  }

  @AfterEach
  void close() {
    assembler.close();
  }

  private void feed(byte[]... messages) {
    for (byte[] message : messages) {
      // Not at the beginning of the array, to show that nobody reads around the message.
      byte[] wide = new byte[message.length + 7];
      System.arraycopy(message, 0, wide, 5, message.length);
      assembler.accept(wide, 5, message.length);
    }
  }

  private static byte[] t() {
    return Wire.relation(T, "t", 'd', "id*", "v");
  }

  private static byte[] u() {
    return Wire.relation(U, "u", 'd', "id*", "v");
  }

  @Test
  void rowsOfManyTransactionsGatherUntilTheyAreFlushed() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "one"), u(), Wire.insert(U, "9", null));
    feed(Wire.commit(100), Wire.begin(200, 8), Wire.insert(T, "2", "two"), Wire.commit(200));
    assertThat(recording.rows()).containsExactly("row t.1 c@100#0 1,one");
    assembler.flush();
    assertThat(recording.events)
        .containsExactly(
            "begin 7@100",
            "resolve t(id,v)@100",
            "admits t@100",
            // The batch of t is handed over before a new relation is asked for.
            "row t.1 c@100#0 1,one",
            "resolve u(id,v)@100",
            "admits u@100",
            "commit 7@108",
            "begin 8@200",
            "admits t@200",
            "commit 8@208",
            "row u.1 c@100#1 9,null",
            "row t.1 c@200#0 2,two",
            "flushed 208");
  }

  @Test
  void aRowWaitsForOthersOnlySoLong() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "one"), Wire.commit(100));
    assertThat(assembler.flushIfDue()).isEqualTo(20_000_000);
    clock.addAndGet(19_999_999);
    assertThat(assembler.flushIfDue()).isEqualTo(1);
    assertThat(recording.rows()).isEmpty();
    clock.addAndGet(1);
    assertThat(assembler.flushIfDue()).isZero();
    assertThat(recording.events).endsWith("row t.1 c@100#0 1,one", "flushed 108");
    assertThat(assembler.flushIfDue()).isZero();
    assertThat(recording.events).endsWith("row t.1 c@100#0 1,one", "flushed 108");
  }

  @Test
  void anOverdueRowIsFlushedByTheNextCommitNeverInsideATransaction() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "one"), Wire.commit(100));
    feed(Wire.begin(200, 8), Wire.insert(T, "2", "two"));
    clock.addAndGet(20_000_000);
    assembler.flushIfDue();
    assertThat(recording.rows()).isEmpty();
    feed(Wire.commit(200));
    assertThat(recording.events).endsWith("row t.1 c@200#0 2,two", "flushed 208");
  }

  @Test
  void anEmptyTransactionAdvancesThePosition() {
    feed(Wire.begin(100, 7), Wire.commit(100));
    assembler.flush();
    assembler.flush();
    assertThat(recording.events).containsExactly("begin 7@100", "commit 7@108", "flushed 108");
  }

  @Test
  void fullBatchesAreHandedOverInsideATransaction() {
    open(limits(2, 1 << 20, 1 << 20));
    feed(Wire.begin(100, 7), t());
    for (int i = 0; i < 5; i++) {
      feed(Wire.insert(T, "" + i, "v"));
    }
    assertThat(recording.rows()).hasSize(4);
    assertThat(recording.events).doesNotContain("flushed 108");
    feed(Wire.commit(100));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactly(
            "row t.1 c@100#0 0,v",
            "row t.1 c@100#1 1,v",
            "row t.1 c@100#2 2,v",
            "row t.1 c@100#3 3,v",
            "row t.1 c@100#4 4,v");
  }

  @Test
  void batchesOfAllTablesTogetherAreBoundedInBytes() {
    open(new StreamLimits(1000, 300, Duration.ofMillis(20), 1 << 20, 1 << 20, 1 << 30, directory));
    feed(Wire.begin(100, 7), t(), u(), Wire.insert(T, "0", "v"), Wire.insert(U, "0", "v"));
    int before = recording.rows().size();
    feed(Wire.insert(T, "1", "v".repeat(100)), Wire.insert(U, "1", "v".repeat(100)));
    assertThat(before).isLessThan(4);
    assertThat(recording.rows()).hasSize(4);
  }

  @Test
  void aCutBeforeATransactionFlushesWhatLiesBefore() {
    recording.cutAt = 200;
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "one"), Wire.commit(100));
    assertThat(recording.rows()).isEmpty();
    feed(Wire.begin(200, 8));
    assertThat(recording.events).endsWith("row t.1 c@100#0 1,one", "flushed 108", "begin 8@200");
  }

  @Test
  void updatesCarryWhatTheLogHasOfTheOldRow() {
    feed(Wire.begin(100, 7), Wire.relation(T, "t", 'd', "id*", "v", "toast"));
    feed(
        Wire.update(T, "1", "a", UNCHANGED),
        Wire.update(T, 'K', new String[] {"1", null, null}, "2", "b", UNCHANGED),
        Wire.update(T, 'O', new String[] {"2", "b", "long"}, "2", "c", UNCHANGED),
        Wire.update(T, 'O', new String[] {"2", null, null}, "2", "c", UNCHANGED),
        Wire.update(T, "3", null, "x"));
    feed(Wire.delete(T, 'K', "2", null, null), Wire.delete(T, 'O', "3", "d", "long"));
    feed(Wire.commit(100));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactly(
            "row t.1 u@100#0 1,a,~",
            "row t.1 u@100#1 2,b,~ <- KEY 1,null,null",
            "row t.1 u@100#2 2,c,long <- FULL 2,b,long",
            "row t.1 u@100#3 2,c,null <- FULL 2,null,null",
            "row t.1 u@100#4 3,null,x",
            "row t.1 d@100#5 2,null,null",
            "row t.1 d@100#6 3,d,long");
  }

  @Test
  void truncateGivesARowForEachTableAndLeaf() {
    recording.tables.leafOf.put("p_1", "p");
    recording.tables.leafOf.put("p_2", "p");
    recording.tables.notCaptured.add("other");
    feed(Wire.begin(100, 7), t());
    feed(Wire.relation(21, "p_1", 'd', "id*"), Wire.relation(22, "p_2", 'd', "id*"));
    feed(Wire.relation(23, "other", 'd', "id*"));
    feed(Wire.insert(21, "5"), Wire.truncate(T, 21, 23, 22), Wire.insert(22, "6"));
    feed(Wire.commit(100));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactlyInAnyOrder(
            "row p.1[p_1] c@100#0 5",
            "row t.1 t@100#1 null,null",
            "row p.1[p_1] t@100#2 null",
            "row p.1[p_2] t@100#4 null",
            "row p.1[p_2] c@100#5 6");
  }

  @Test
  void aNewFormOfATableEndsItsBatch() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "one"));
    feed(Wire.relation(T, "t", 'd', "id*", "v", "w"), Wire.insert(T, "2", "two", "new"));
    // The same form again, as the server sends it after anything about the table has changed.
    feed(Wire.relation(T, "t", 'd', "id*", "v", "w"), Wire.insert(T, "3", "three", "new"));
    feed(Wire.commit(100));
    assembler.flush();
    assertThat(recording.events)
        .containsSubsequence(
            "row t.1 c@100#0 1,one",
            "resolve t(id,v,w)@100",
            "row t.2 c@100#1 2,two,new",
            "resolve t(id,v,w)@100",
            "row t.2 c@100#2 3,three,new");
  }

  @Test
  void tablesThatAreNotCapturedOrNotAdmittedAreLeftOut() {
    recording.tables.notCaptured.add("t");
    recording.notAdmitted.add("u");
    feed(Wire.begin(100, 7), t(), u(), Wire.insert(T, "1", "a"), Wire.insert(U, "1", "a"));
    feed(Wire.insert(T, "2", "a"), Wire.insert(U, "2", "a"), Wire.commit(100));
    recording.notAdmitted.clear();
    feed(Wire.begin(200, 8), Wire.insert(T, "3", "a"), Wire.insert(U, "3", "a"));
    recording.tables.notCaptured.clear();
    feed(Wire.insert(T, "4", "a"), Wire.commit(200));
    feed(Wire.begin(300, 9), Wire.insert(T, "5", "a"), Wire.commit(300));
    assembler.flush();
    // What is left out has its place in the transaction all the same.
    assertThat(recording.rows()).containsExactly("row u.1 c@200#1 3,a", "row t.1 c@300#0 5,a");
    // An empty answer is asked for again once a transaction, a refusal too.
    assertThat(recording.events.stream().filter(event -> event.startsWith("resolve t"))).hasSize(3);
    assertThat(recording.events.stream().filter(event -> event.startsWith("admits u"))).hasSize(2);
  }

  @Test
  void answersEndWithTheGenerationOfTheResolver() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "a"), Wire.commit(100));
    recording.tables.leaveOut("t");
    feed(Wire.begin(200, 8), Wire.insert(T, "2", "a"), Wire.commit(200));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row t.1 c@100#0 1,a");
  }

  @Test
  void aValueThatCannotBeReadFailsItsTableAlone() {
    feed(Wire.begin(100, 7), t(), u(), Wire.insert(T, "1", "a"), Wire.insert(U, "1", "a"));
    feed(Wire.update(T, 'O', new String[] {"1", "!bad"}, "1", "b"));
    feed(Wire.insert(T, "2", "a"), Wire.insert(U, "2", "a"), Wire.commit(100));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactlyInAnyOrder(
            "row t.1 c@100#0 1,a", "row u.1 c@100#1 1,a", "row u.1 c@100#4 2,a");
    assertThat(recording.events)
        .contains(
            "failed public.t: Cannot read a row of table public.t: column v: not a text."
                + " Leave the column out or report this with the column's type, then copy the table"
                + " again.");
  }

  @Test
  void rowsBeforeABrokenOneKeepTheirOldRows() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "a"));
    feed(Wire.update(T, 'O', new String[] {"1", "a"}, "1", "b"));
    feed(Wire.update(T, 'O', new String[] {"1", "b"}, "1", "!bad"), Wire.commit(100));
    assertThat(recording.rows())
        .containsExactly("row t.1 c@100#0 1,a", "row t.1 u@100#1 1,b <- FULL 1,a");
  }

  @Test
  void aRowAboveTheLimitFailsItsTableAlone() {
    open(limits(1000, 100, 1 << 20));
    feed(Wire.begin(100, 7), t(), u(), Wire.insert(T, "1", "a".repeat(20_000)));
    feed(Wire.insert(U, "1", "a"), Wire.insert(T, "2", "a"), Wire.commit(100));
    feed(Wire.streamStart(8, 1), in(8, t()), in(8, Wire.insert(U, "2", "a")));
    feed(in(8, Wire.delete(U, 'K', "b".repeat(20_000), null)), Wire.streamStop());
    feed(Wire.streamCommit(8, 200));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row u.1 c@100#1 1,a", "row u.1 c@200#0 2,a");
    assertThat(recording.events.stream().filter(event -> event.startsWith("failed")))
        .containsExactly(
            "failed public.t: Cannot take a row of table public.t: it has 20,019 bytes in the log, more"
                + " than max-row-bytes (100). Raise max-row-bytes or leave the large column out,"
                + " then copy the table again.",
            "failed public.u: Cannot take a row of table public.u: it has 20,018 bytes in the log, more"
                + " than max-row-bytes (100). Raise max-row-bytes or leave the large column out,"
                + " then copy the table again.");
  }

  @Test
  void aRowAboveTheLimitThatWasRolledBackFailsNothing() {
    open(limits(1000, 100, 1 << 20));
    feed(Wire.streamStart(8, 1), in(8, t()), in(8, Wire.insert(T, "1", "a")));
    feed(in(9, Wire.insert(T, "2", "a".repeat(20_000))), Wire.streamStop());
    feed(Wire.streamAbort(8, 9), Wire.streamCommit(8, 200));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row t.1 c@200#0 1,a");
  }

  @Test
  void streamsAreGivenInTheOrderOfTheirCommits() {
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")), Wire.streamStop());
    feed(Wire.streamStart(8, 1), in(8, t()), in(8, Wire.insert(T, "2", "b")), Wire.streamStop());
    feed(Wire.begin(100, 9), u(), Wire.insert(U, "3", "c"), Wire.commit(100));
    feed(Wire.streamStart(7, 0), Wire.origin(), in(7, Wire.type()));
    feed(in(7, Wire.insert(T, "4", "d")), Wire.streamStop());
    feed(Wire.streamCommit(8, 200), Wire.streamCommit(7, 300));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactly(
            "row u.1 c@100#0 3,c",
            "row t.1 c@200#0 2,b",
            "row t.1 c@300#0 1,a",
            "row t.1 c@300#1 4,d");
    assertThat(recording.events).contains("begin 8@200", "commit 8@208").endsWith("flushed 308");
  }

  @Test
  void ordinalsCountWhatSurvives() {
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")));
    feed(in(8, Wire.insert(T, "2", "b")), in(9, Wire.insert(T, "3", "c")), Wire.streamStop());
    // Released into 8, so it goes when 8 is rolled back; 10 was never streamed.
    feed(Wire.streamAbort(7, 9), Wire.streamAbort(7, 8), Wire.streamAbort(7, 10));
    feed(Wire.streamStart(7, 0), in(11, Wire.insert(T, "4", "d")), Wire.streamStop());
    feed(Wire.streamCommit(7, 100));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row t.1 c@100#0 1,a", "row t.1 c@100#1 4,d");
  }

  @Test
  void aStreamThatIsRolledBackLeavesNothing() {
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")), Wire.streamStop());
    feed(Wire.streamAbort(7, 7), Wire.streamAbort(55, 55), Wire.streamAbort(55, 56));
    assembler.keepAlive(400, 0);
    assertThat(recording.events).containsExactly("keepAlive 400");
    // What it was told of the table goes with it.
    assertThatThrownBy(() -> feed(Wire.begin(500, 9), Wire.insert(T, "1", "a")))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("never described");
  }

  @Test
  void whatAStreamWasToldOfATableCountsForAllOnceItHasCommitted() {
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")), Wire.streamStop());
    feed(Wire.streamCommit(7, 100));
    feed(Wire.begin(200, 8), Wire.insert(T, "2", "b"), Wire.commit(200));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row t.1 c@100#0 1,a", "row t.1 c@200#0 2,b");
    assertThat(recording.events.stream().filter(event -> event.startsWith("resolve"))).hasSize(1);
  }

  @Test
  void whatAStreamWasToldIsUnknownToOthersBefore() {
    byte[] wide = Wire.relation(T, "t", 'd', "id*", "v", "w");
    feed(Wire.begin(100, 6), t(), Wire.insert(T, "0", "z"), Wire.commit(100));
    feed(Wire.streamStart(7, 1), in(7, wide), in(7, Wire.insert(T, "1", "a", "w")));
    feed(Wire.streamStop());
    feed(Wire.begin(200, 8), Wire.insert(T, "2", "b"), Wire.commit(200));
    feed(Wire.streamCommit(7, 300));
    feed(Wire.begin(400, 9), Wire.insert(T, "3", "c", "w"), Wire.commit(400));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactly(
            "row t.1 c@100#0 0,z",
            "row t.1 c@200#0 2,b",
            "row t.2 c@300#0 1,a,w",
            "row t.2 c@400#0 3,c,w");
  }

  @Test
  void aNewerDescriptionIsNotReplacedByTheCommitOfAnOlderStream() {
    byte[] wide = Wire.relation(T, "t", 'd', "id*", "v", "w");
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")), Wire.streamStop());
    feed(Wire.begin(100, 8), wide, Wire.insert(T, "2", "b", "w"), Wire.commit(100));
    feed(Wire.streamCommit(7, 200));
    feed(Wire.begin(300, 9), Wire.insert(T, "3", "c", "w"), Wire.commit(300));
    assembler.flush();
    assertThat(recording.rows())
        .containsExactly("row t.1 c@100#0 2,b,w", "row t.2 c@200#0 1,a", "row t.1 c@300#0 3,c,w");
  }

  @Test
  void aFormThatWasRolledBackIsNeverAskedFor() {
    byte[] wide = Wire.relation(T, "t", 'd', "id*", "v", "w");
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")));
    feed(in(8, wide), in(8, Wire.insert(T, "2", "b", "w")), Wire.streamStop());
    feed(Wire.streamAbort(7, 8));
    feed(Wire.streamStart(7, 0), in(7, t()), in(7, Wire.insert(T, "3", "c")), Wire.streamStop());
    feed(Wire.streamCommit(7, 100));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row t.1 c@100#0 1,a", "row t.1 c@100#1 3,c");
    assertThat(recording.events).noneMatch(event -> event.contains("w)"));
  }

  @Test
  void aFormSentUnderARolledBackSubtransactionHoldsForTheRestOfItsTransaction() {
    feed(Wire.streamStart(7, 1), in(8, t()), in(8, Wire.insert(T, "1", "a")));
    feed(in(9, u()), in(9, Wire.insert(U, "1", "a")), Wire.streamStop());
    feed(Wire.streamAbort(7, 9), Wire.streamAbort(7, 8));
    feed(Wire.streamStart(7, 0), in(7, Wire.insert(T, "2", "b")));
    feed(in(10, Wire.insert(U, "2", "b")), Wire.streamStop(), Wire.streamCommit(7, 100));
    assembler.flush();
    assertThat(recording.rows()).containsExactly("row t.1 c@100#0 2,b", "row u.1 c@100#1 2,b");
    // For others it does not count: the server will send it again.
    assertThatThrownBy(() -> feed(Wire.begin(500, 9), Wire.insert(T, "1", "a")))
        .hasMessageContaining("never described");
  }

  @Test
  void messagesComeWhereTheyWereWritten() {
    feed(Wire.begin(100, 7), t(), Wire.insert(T, "1", "a"), Wire.message(1, 90, "tide.a", "x"));
    feed(Wire.message(1, 91, "other", "x"), Wire.insert(T, "2", "b"), Wire.commit(100));
    feed(Wire.streamStart(8, 1), in(8, t()), in(8, Wire.insert(T, "3", "c")));
    feed(in(8, Wire.message(1, 150, "tide.b", "y")), Wire.streamStop());
    feed(Wire.message(0, 160, "tide.beat", "n1"));
    feed(Wire.streamStart(8, 0), in(8, Wire.insert(T, "4", "d")), Wire.streamStop());
    feed(Wire.streamCommit(8, 200));
    assembler.flush();
    assertThat(recording.events)
        .filteredOn(event -> !event.startsWith("resolve") && !event.startsWith("admits"))
        .containsExactly(
            "begin 7@100",
            "row t.1 c@100#0 1,a",
            "message tide.a=x at 90 of 7",
            "commit 7@108",
            "row t.1 c@100#1 2,b",
            "flushed 108",
            "message tide.beat=n1 at 160 of 0",
            "begin 8@200",
            "row t.1 c@200#0 3,c",
            "message tide.b=y at 150 of 8",
            "row t.1 c@200#1 4,d",
            "commit 8@208",
            "flushed 208");
  }

  @Test
  void markedMessagesGoWithTheSubtransactionTheyWereWrittenIn() {
    feed(Wire.streamStart(7, 1), in(7, t()), in(7, Wire.insert(T, "1", "a")));
    // The server gives each the id of the whole transaction.
    feed(in(7, Wire.message(1, 10, "tide.ddl#7", "of 7")));
    feed(in(7, Wire.message(1, 11, "tide.ddl#9", "of 9, inside 8")), Wire.streamStop());
    feed(Wire.streamAbort(7, 9), Wire.streamAbort(7, 8));
    feed(Wire.streamStart(7, 0), in(7, Wire.message(1, 12, "tide.ddl#10", "of 10")));
    feed(in(12, Wire.insert(T, "2", "b")), in(7, Wire.message(1, 13, "tide.ddl#12", "of 12")));
    feed(Wire.streamStop(), Wire.streamAbort(7, 12), Wire.streamAbort(7, 11));
    feed(Wire.streamStart(7, 0), in(7, Wire.message(1, 14, "tide.ddl#13", "of 13")));
    feed(in(13, Wire.insert(T, "3", "c")), Wire.streamStop(), Wire.streamCommit(7, 100));
    assembler.flush();
    assertThat(recording.events)
        .filteredOn(event -> event.startsWith("message") || event.startsWith("row"))
        .containsExactly(
            "row t.1 c@100#0 1,a",
            "message tide.ddl=of 7 at 10 of 7",
            "message tide.ddl=of 10 at 12 of 7",
            "message tide.ddl=of 13 at 14 of 7",
            "row t.1 c@100#1 3,c");
  }

  @Test
  void marksArePartOfAPrefixOnlyWhereTheyAreWhole() {
    for (String prefix : List.of("tide#", "tide12", "tide#1x", "tide#12345678901")) {
      assertThat(MarkedPrefix.plain(prefix)).isEqualTo(prefix);
      assertThat(MarkedPrefix.xid(prefix, 3)).isEqualTo(3);
    }
    assertThat(MarkedPrefix.plain("tide.ddl#4294967295")).isEqualTo("tide.ddl");
    assertThat(MarkedPrefix.xid("tide.ddl#4294967295", 3)).isEqualTo(-1);
  }

  @Test
  void theServersWordCountsOnlyWhereNothingIsOpen() {
    assembler.keepAlive(10, 0);
    feed(Wire.streamStart(7, 1), in(7, t()));
    assembler.keepAlive(20, 0);
    feed(Wire.streamStop());
    assembler.keepAlive(30, 0);
    feed(Wire.streamAbort(7, 7), Wire.begin(100, 8), t(), Wire.insert(T, "1", "a"));
    assembler.keepAlive(40, 0);
    feed(Wire.commit(100));
    assembler.keepAlive(120, 0);
    assertThat(recording.events)
        .filteredOn(
            event ->
                event.startsWith("keep") || event.startsWith("row") || event.startsWith("flushed"))
        .containsExactly("keepAlive 10", "row t.1 c@100#0 1,a", "flushed 108", "keepAlive 120");
  }

  @Test
  void streamsBeyondTheMemoryGoToDiskAndComeBackWhole() throws IOException {
    open(limits(100_000, 1 << 20, 64 << 10));
    feed(Wire.streamStart(7, 1), in(7, t()), Wire.streamStop());
    feed(Wire.streamStart(8, 1), in(8, t()), Wire.streamStop());
    for (int i = 0; i < 3000; i++) {
      int xid = 7 + i % 2;
      feed(Wire.streamStart(xid, 0), in(xid, Wire.insert(T, "" + i, "v".repeat(i % 97))));
      feed(Wire.streamStop());
    }
    assertThat(assembler.spilled()).isGreaterThan(64 << 10);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).hasSize(2);
    }
    feed(Wire.streamCommit(8, 100), Wire.streamAbort(7, 7));
    assembler.flush();
    assertThat(recording.rows()).hasSize(1500);
    for (int i = 0; i < 1500; i++) {
      int value = 2 * i + 1;
      assertThat(recording.rows().get(i))
          .isEqualTo("row t.1 c@100#" + i + " " + value + "," + "v".repeat(value % 97));
    }
    assertThat(assembler.spilled()).isZero();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void transactionIdsAreWidenedByTheNearestEpoch() {
    StreamOptions options =
        new StreamOptions("s", List.of("p"), Lsn.ZERO, false, true, "tide", (3L << 32) + 5);
    assembler =
        new TransactionAssembler(
            options, StreamLimits.usual(directory), recording, recording, clock::get);
    feed(Wire.begin(100, -2), Wire.commit(100), Wire.begin(200, 9), Wire.commit(200));
    assertThat(recording.events)
        .contains("begin " + ((3L << 32) - 2) + "@100", "begin " + ((3L << 32) + 9) + "@200");
  }

  @Test
  void aReleaseCanBeEnded() {
    feed(Wire.streamStart(7, 1), in(7, t()));
    for (int i = 0; i < 1000; i++) {
      feed(in(7, Wire.insert(T, "" + i, "v")));
    }
    feed(Wire.streamStop());
    assembler.pace(() -> false);
    feed(Wire.streamCommit(7, 100));
    assembler.flush();
    assertThat(recording.events).contains("begin 7@100").doesNotContain("commit 7@108");
    assertThat(recording.rows()).isEmpty();
  }

  @Test
  void messagesWithoutAPlaceAreRefused() {
    refused("a commit without its begin", Wire.commit(100));
    refused("a commit without its begin", Wire.begin(100, 7), Wire.commit(101));
    refused("a transaction inside another", Wire.begin(100, 7), Wire.begin(200, 8));
    refused(
        "a commit that lies before the last one",
        Wire.begin(100, 7),
        Wire.commit(100),
        Wire.begin(99, 8));
    refused("outside of a transaction", t(), Wire.insert(T, "1", "a"));
    refused("3 values for a relation of 2", Wire.begin(1, 7), t(), Wire.insert(T, "1", "2", "3"));
    refused("a later block of a stream whose first has not come", Wire.streamStart(7, 0));
    refused("a block of a stream inside", Wire.begin(1, 7), Wire.streamStart(7, 1));
    refused("no place inside a block", Wire.streamStart(7, 1), Wire.begin(1, 7));
    refused("the commit of a stream that has not begun", Wire.streamCommit(7, 1));
    refused("the end of a block of a stream that has not begun", Wire.streamStop());
    refused("a logical message inside", Wire.message(1, 7, "tide", ""));
    refused("a logical message inside", Wire.begin(1, 7), Wire.message(0, 7, "tide", ""));
  }

  private void refused(String reason, byte[]... messages) {
    open(StreamLimits.usual(directory));
    assertThatThrownBy(() -> feed(messages))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining(reason);
  }
}
