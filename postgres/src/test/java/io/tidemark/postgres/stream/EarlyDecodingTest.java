package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.model.Lsn;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Decoding rows of transactions in progress as they come gives what decoding at the commit does.
 */
class EarlyDecodingTest {
  private static final int T = 1001;

  @TempDir private Path directory;

  /** A reader of the stream, and what it was told. */
  private final class Reader implements AutoCloseable {
    final Recording recording = new Recording();
    final TransactionAssembler assembler;

    Reader(String name, boolean late, int batchRows, long memory) {
      recording.tables.decodesLate = late;
      recording.tables.leafOf.put("p_1", "p");
      recording.tables.leafOf.put("p_2", "p");
      StreamLimits limits =
          new StreamLimits(
              batchRows,
              8 << 20,
              Duration.ofMillis(20),
              1 << 20,
              memory,
              1 << 30,
              directory.resolve(name));
      StreamOptions options =
          new StreamOptions("s", List.of("p"), Lsn.ZERO, false, true, "tide", 1);
      assembler = new TransactionAssembler(options, limits, recording, recording, () -> 0);
    }

    void feed(List<byte[]> messages) {
      messages.forEach(message -> assembler.accept(message, 0, message.length));
    }

    void captures(String table, boolean yes) {
      if (yes) {
        recording.tables.takeIn(table);
      } else {
        recording.tables.leaveOut(table);
      }
    }

    /** What was said; rows between two words that all rows must precede in any order. */
    List<String> said() {
      List<String> said = new ArrayList<>();
      List<String> rows = new ArrayList<>();
      for (String event : recording.events) {
        if (event.startsWith("row ")) {
          rows.add(event);
        } else if (!event.startsWith("resolve") && !event.startsWith("admits")) {
          boolean bar = !event.startsWith("begin") && !event.startsWith("commit");
          if (bar) {
            rows.sort(null);
            said.addAll(rows);
            rows.clear();
          }
          if (bar) {
            said.add(event);
          }
        }
      }
      return said;
    }

    /** Commits and beginnings. */
    List<String> frame() {
      return recording.events.stream()
          .filter(event -> event.startsWith("begin") || event.startsWith("commit"))
          .toList();
    }

    /** Rows of a table in the order in which they came. */
    List<String> rowsOf(String table) {
      return recording.rows().stream().filter(row -> row.startsWith("row " + table)).toList();
    }

    @Override
    public void close() {
      assembler.close();
    }
  }

  @Test
  void earlyIsLate() {
    long seed = new Random().nextLong();
    System.out.println("EarlyDecodingTest seed " + seed);
    Random random = new Random(seed);
    int spilled = 0;
    for (int round = 0; round < 40; round++) {
      RandomStream stream = new RandomStream(random, round % 4 == 0 ? -50 : 5000);
      try (Reader late = new Reader("late", true, 1000, 1 << 26);
          Reader early = new Reader("early", false, 1000, 1 << 26);
          Reader small = new Reader("small", false, 50, 20_000);
          Reader tiny = new Reader("tiny", false, 7, 1)) {
        List<Reader> readers = List.of(late, early, small, tiny);
        for (int step = 0; step < 60; step++) {
          boolean turns = random.nextInt(15) == 0;
          boolean captured = random.nextBoolean();
          List<byte[]> messages = stream.step();
          for (Reader reader : readers) {
            reader.feed(messages);
            if (turns) {
              reader.captures("x", captured);
            }
          }
          spilled += tiny.assembler.spilled() > 0 ? 1 : 0;
        }
        List<byte[]> last = stream.end();
        for (Reader reader : readers) {
          reader.feed(last);
          reader.assembler.flush();
          assertThat(reader.said()).as("seed %d round %d", seed, round).isEqualTo(late.said());
          assertThat(reader.frame()).isEqualTo(late.frame());
          for (String table : List.of("t", "u", "p", "x")) {
            assertThat(reader.rowsOf(table)).isEqualTo(late.rowsOf(table));
          }
          assertThat(reader.assembler.rows()).isEqualTo(late.assembler.rows());
          assertThat(reader.assembler.spilled()).isZero();
        }
      }
    }
    assertThat(spilled).isPositive();
  }

  @Test
  void aFormInWhichValuesAreReadOtherwiseIsReadAgain() {
    try (Reader reader = new Reader("stale", false, 1000, 1 << 20)) {
      byte[] t = Wire.relation(T, "t", 'd', "id*", "v");
      reader.feed(
          List.of(Wire.streamStart(7, 1), Wire.in(7, t), Wire.in(7, Wire.insert(T, "1", "a"))));
      reader.feed(List.of(Wire.streamStop()));
      reader.recording.tables.asJson.add("v");
      assertThatThrownBy(() -> reader.feed(List.of(Wire.streamCommit(7, 100))))
          .isInstanceOfSatisfying(
              StaleFormException.class, stale -> assertThat(stale.commitLsn()).isEqualTo(100))
          .hasMessage("the form of public.t changed while a transaction was in progress");
    }
  }

  @Test
  void decodedRowsAreGivenWhole() {
    try (Reader reader = new Reader("whole", false, 1000, 1 << 20)) {
      byte[] t = Wire.relation(T, "t", 'd', "id*", "v");
      reader.feed(List.of(Wire.streamStart(7, 1), Wire.in(7, t)));
      for (int i = 0; i < 10; i++) {
        reader.feed(List.of(Wire.in(7 + i, Wire.insert(T, "" + i, "v" + i))));
      }
      reader.feed(List.of(Wire.streamStop(), Wire.streamAbort(7, 14)));
      // The rest of the rows that were decoded at once with those that go is not decoded again.
      reader.recording.tables.spoilt = true;
      reader.feed(List.of(Wire.streamCommit(7, 100)));
      assertThat(reader.recording.rows()).hasSize(7).last().isEqualTo("row t.1 c@100#6 6,v6");
    }
  }

  @Test
  void theDiskHasALimit() {
    StreamLimits limits =
        new StreamLimits(10, 1000, Duration.ofMillis(20), 1 << 20, 1000, 50_000, directory);
    Recording recording = new Recording();
    StreamOptions options = new StreamOptions("s", List.of("p"), Lsn.ZERO, false, true, "tide", 1);
    try (TransactionAssembler assembler =
        new TransactionAssembler(options, limits, recording, recording, () -> 0)) {
      List<byte[]> start =
          List.of(Wire.streamStart(7, 1), Wire.in(7, Wire.relation(T, "t", 'd', "id*", "v")));
      start.forEach(message -> assembler.accept(message, 0, message.length));
      byte[] row = Wire.in(7, Wire.insert(T, "1", "v".repeat(100)));
      assertThatThrownBy(
              () -> {
                while (true) {
                  assembler.accept(row, 0, row.length);
                }
              })
          .isInstanceOf(SpillFullException.class)
          .hasMessageContaining("stream.spill-max-bytes (50,000)");
    }
  }
}
