package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever the server sends, nothing but {@link ProtocolException} comes of it, and no more memory
 * is taken than the messages have bytes for.
 */
class StreamFuzzTest {
  @TempDir private Path directory;

  /** Reads every value of every row. */
  private static final class Counting implements StreamListener {
    final Map<String, Integer> rows = new TreeMap<>();
    final List<String> failures = new ArrayList<>();

    @Override
    public void begin(Transaction transaction) {}

    @Override
    public boolean admits(TableName table, Transaction transaction) {
      return true;
    }

    @Override
    public void changes(ChangeBatch batch) {
      for (int row = 0; row < batch.size(); row++) {
        rows.merge(batch.table().table() + " " + (char) batch.op(row).code(), 1, Integer::sum);
      }
      batch.columns().forEach(column -> assertThat(column.vector().size()).isEqualTo(batch.size()));
    }

    @Override
    public void message(Transaction transaction, long lsn, String prefix, byte[] content) {
      rows.merge("message", 1, Integer::sum);
    }

    @Override
    public void failed(TableName table, Transaction transaction, String reason) {
      failures.add(reason);
    }

    @Override
    public void commit(Transaction transaction) {}

    @Override
    public void flushed(long endLsn, long committedAt) {}

    @Override
    public void keepAlive(long serverEnd, long serverMicros) {}

    @Override
    public void ended(Optional<Exception> failure) {}
  }

  private TransactionAssembler assembler(StreamListener listener) {
    StreamOptions options = new StreamOptions("s", List.of("p"), Lsn.ZERO, true, true, "tide", 1);
    return new TransactionAssembler(
        options, StreamLimits.usual(directory), new CodecTables(), listener, System::nanoTime);
  }

  @Test
  void capturedStreamsAreReadWhole() {
    for (String name : Captured.NAMES) {
      Counting listener = new Counting();
      try (TransactionAssembler assembler = assembler(listener)) {
        Captured.messages(name).forEach(message -> assembler.accept(message, 0, message.length));
        assembler.flush();
      }
      assertThat(listener.failures).as(name).isEmpty();
      assertThat(listener.rows)
          .as(name)
          .containsExactlyInAnyOrderEntriesOf(
              Map.ofEntries(
                  Map.entry("f c", 354),
                  Map.entry("f d", 1),
                  Map.entry("f t", 1),
                  Map.entry("f u", 2),
                  Map.entry("message", 3),
                  Map.entry("part_1 c", 1),
                  Map.entry("part_1 d", 1),
                  Map.entry("part_1 t", 1),
                  Map.entry("part_2 c", 2),
                  Map.entry("part_2 t", 1),
                  Map.entry("t c", 123),
                  Map.entry("t d", 1),
                  Map.entry("t t", 1),
                  Map.entry("t u", 12)));
    }
  }

  @Test
  void spoiledStreamsEndInAProtocolExceptionOrNotAtAll() {
    long seed = new Random().nextLong();
    System.out.println("StreamFuzzTest seed " + seed);
    Random random = new Random(seed);
    List<List<byte[]>> streams = Captured.NAMES.stream().map(Captured::messages).toList();
    int refused = 0;
    for (int round = 0; round < 1500; round++) {
      List<byte[]> stream = spoiled(streams.get(round % streams.size()), random);
      try (TransactionAssembler assembler = assembler(new Counting())) {
        stream.forEach(message -> assembler.accept(message, 0, message.length));
        assembler.flush();
      } catch (ProtocolException e) {
        assertThat(e).hasMessageStartingWith("Cannot read message ");
        refused++;
      }
    }
    assertThat(refused).isBetween(200, 1499);
  }

  private static List<byte[]> spoiled(List<byte[]> stream, Random random) {
    List<byte[]> result = new ArrayList<>(stream);
    for (int count = 1 + random.nextInt(4); count > 0; count--) {
      int at = random.nextInt(result.size());
      switch (random.nextInt(8)) {
        case 0 -> result.remove(at);
        case 1 -> result.add(at, result.get(random.nextInt(result.size())));
        case 2 -> result.add(at, noise(random));
        default -> result.set(at, spoiled(result.get(at), random));
      }
    }
    return result;
  }

  private static byte[] noise(Random random) {
    byte[] bytes = new byte[random.nextInt(60)];
    random.nextBytes(bytes);
    if (bytes.length > 0 && random.nextBoolean()) {
      bytes[0] = (byte) "BCORYIUDTMSEcA".charAt(random.nextInt(14));
    }
    return bytes;
  }

  private static byte[] spoiled(byte[] message, Random random) {
    byte[] bytes = message.clone();
    if (bytes.length == 0) {
      return noise(random);
    }
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0 -> bytes[at] = (byte) random.nextInt();
      case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes = java.util.Arrays.copyOf(bytes, at);
      case 3 -> bytes = java.util.Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20));
      default -> {
        for (int i = at; i < Math.min(at + 4, bytes.length); i++) {
          bytes[i] = (byte) (random.nextBoolean() ? 0x7F : 0xFF);
        }
      }
    }
    return bytes;
  }

  @Test
  void lyingLengthsTakeNoMemory() {
    long seed = new Random().nextLong();
    System.out.println("StreamFuzzTest seed " + seed);
    Random random = new Random(seed);
    com.sun.management.ThreadMXBean memory =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    PgOutputDecoder decoder = new PgOutputDecoder(ProtocolVersion.V2, new DeafHandler());
    List<byte[]> messages = Captured.messages("18-binary");
    for (int round = 0; round < 200_000; round++) {
      byte[] message =
          round % 2 == 0
              ? spoiled(messages.get(random.nextInt(messages.size())), random)
              : noise(random);
      long before = memory.getCurrentThreadAllocatedBytes();
      try {
        decoder.decode(
            message.length == 0 ? 0 : message[0], message, 1, Math.max(1, message.length));
      } catch (ProtocolException e) {
        assertThat(e.offset()).isBetween(0, message.length + 1);
      }
      long taken = memory.getCurrentThreadAllocatedBytes() - before;
      assertThat(taken).isLessThan(200_000 + 100L * message.length);
    }
  }
}
