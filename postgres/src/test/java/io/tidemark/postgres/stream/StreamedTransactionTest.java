package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamedTransactionTest {
  @TempDir private Path directory;

  /** A session that nests subtransactions as a backend does, and what must remain of it. */
  private static final class Session {
    private final Random random;
    private final StreamedTransaction log;
    private final Deque<Level> levels = new ArrayDeque<>();
    private final List<Written> written = new ArrayList<>();
    private int nextXid;
    private int newest;

    /** A savepoint that is open, or the transaction itself; its id is given with the first row. */
    private static final class Level {
      int xid;
      boolean numbered;
      final Set<Integer> released = new TreeSet<>();
    }

    private record Written(Set<Integer> path, String text) {}

    Session(Random random, StreamedTransaction log) {
      this.random = random;
      this.log = log;
      this.nextXid = log.xid();
      levels.addLast(new Level());
    }

    void step(Path directory) {
      int choice = random.nextInt(100);
      if (choice < 60) {
        write();
      } else if (choice < 75) {
        levels.addLast(new Level());
      } else if (choice < 83) {
        release();
      } else if (choice < 97) {
        rollBack();
      } else {
        log.spill(directory);
      }
    }

    private void write() {
      Set<Integer> path = new TreeSet<>();
      for (Level level : levels) {
        if (!level.numbered) {
          level.xid = nextXid++;
          newest = level.xid;
          level.numbered = true;
          // Other sessions take ids too.
          nextXid += random.nextInt(3);
        }
        path.add(level.xid);
      }
      int size = random.nextInt(50) == 0 ? 300_000 : random.nextInt(3) == 0 ? 5000 : 20;
      String text = written.size() + "x".repeat(random.nextInt(size));
      byte[] data = ("--" + text).getBytes(StandardCharsets.UTF_8);
      if (random.nextInt(8) == 0) {
        log.addMessage("tide#" + Integer.toUnsignedString(newest), data, 2, data.length - 2);
      } else {
        log.add((byte) 'I', levels.getLast().xid, data, 2, data.length - 2);
      }
      written.add(new Written(path, text));
    }

    private void release() {
      if (levels.size() > 1) {
        Level level = levels.removeLast();
        levels.getLast().released.addAll(level.released);
        if (level.numbered) {
          levels.getLast().released.add(level.xid);
        }
      }
    }

    /** Rolls some savepoints back; the server tells of released ones inside them first. */
    private void rollBack() {
      for (int count = random.nextInt(levels.size()); count > 0; count--) {
        Level level = levels.removeLast();
        level.released.forEach(this::abort);
        if (level.numbered) {
          abort(level.xid);
        }
      }
    }

    private void abort(int xid) {
      log.rollBack(xid);
      written.removeIf(row -> row.path().contains(xid));
    }

    List<String> remaining() {
      return written.stream().map(Written::text).toList();
    }
  }

  @Test
  void whatRemainsIsWhatWasNotRolledBack() {
    long seed = new Random().nextLong();
    System.out.println("StreamedTransactionTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      // Some near the corner of 32 bits.
      int xid = round % 3 == 0 ? -20 : round % 3 == 1 ? Integer.MAX_VALUE - 20 : 5000;
      try (StreamedTransaction log = new StreamedTransaction(xid)) {
        Session session = new Session(random, log);
        for (int step = 0; step < 200; step++) {
          session.step(directory);
        }
        assertThat(texts(log)).isEqualTo(session.remaining());
      }
    }
    assertThat(directory).isEmptyDirectory();
  }

  private static List<String> texts(StreamedTransaction log) {
    List<String> texts = new ArrayList<>();
    StreamedTransaction.Reading reading = log.read();
    for (var segment = reading.next(); segment != null; segment = reading.next()) {
      RawRecords.Cursor cursor = ((RawRecords) segment.stretch()).new Cursor();
      for (long at = segment.firstRecord(); cursor.next(); at++) {
        boolean message = cursor.type() == RawRecords.MESSAGE;
        int mark = message ? Integer.BYTES : 0;
        if (!message || !log.isRolledBack(Bytes.getInt(cursor.data(), cursor.offset()), at)) {
          texts.add(
              new String(
                  cursor.data(),
                  cursor.offset() + mark,
                  cursor.length() - mark,
                  StandardCharsets.UTF_8));
        }
      }
    }
    return texts;
  }

  @Test
  void rollingManySubtransactionsBackTakesNoMemory() {
    byte[] row = new byte[100];
    try (StreamedTransaction log = new StreamedTransaction(1)) {
      for (int i = 0; i < 200_000; i++) {
        log.add((byte) 'I', 2 + i, row, 0, row.length);
        log.rollBack(2 + i);
      }
      assertThat(log.memory()).isLessThan(10_000);
      assertThat(log.read().next()).isNull();
    }
  }

  @Test
  void onlyTheOwnerCanReadWhatIsSpilledAndAnEarlierProcessLeavesNothing() throws Exception {
    Path spill = directory.resolve("a/b");
    try (StreamedTransaction log = new StreamedTransaction(-1)) {
      log.add((byte) 'I', -1, new byte[100], 0, 100);
      log.spill(spill);
      try (Stream<Path> files = Files.list(spill)) {
        Path file = files.findFirst().orElseThrow();
        assertThat(file.getFileName()).hasToString("in-progress-4294967295.wal");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .isEqualTo("rw-------");
      }
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(spill)))
          .isEqualTo("rwx------");
      Files.writeString(spill.resolve("mine.txt"), "not ours");
      SpillFile.sweep(spill);
      assertThat(spill).isDirectoryContaining("glob:**/mine.txt");
      assertThat(spill).isDirectoryNotContaining("glob:**.wal");
    }
  }
}
