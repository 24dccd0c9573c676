package io.tidemark.postgres.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.Tried;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What does not fit into memory at once. */
@Tag("thorough")
class LargeTransactionTest {
  private static final int MIB = 1 << 20;
  private static final int ROWS = 5_000_000;

  @TempDir private Path directory;

  /** Gives each batch to a check and forgets it; is done at the first message. */
  private static final class Checking implements StreamListener {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    final Consumer<ChangeBatch> check;
    volatile long rows;

    Checking(Consumer<ChangeBatch> check) {
      this.check = check;
    }

    @Override
    public void begin(Transaction transaction) {}

    @Override
    public boolean admits(TableName table, Transaction transaction) {
      return true;
    }

    @Override
    public void changes(ChangeBatch batch) {
      check.accept(batch);
      rows = rows + batch.size();
    }

    @Override
    public void message(Transaction transaction, long lsn, String prefix, byte[] content) {
      done.complete(null);
    }

    @Override
    public void failed(TableName table, Transaction transaction, String reason) {
      done.completeExceptionally(new AssertionError(reason));
    }

    @Override
    public void commit(Transaction transaction) {}

    @Override
    public void flushed(long endLsn, long committedAt) {}

    @Override
    public void keepAlive(long serverEnd, long serverMicros) {}

    @Override
    public void ended(Optional<Exception> failure) {
      done.completeExceptionally(new IllegalStateException("ended", failure.orElse(null)));
    }
  }

  private void read(EmbeddedPostgres server, Checking listener) throws Exception {
    read(server, listener, new TextTables());
  }

  private void read(EmbeddedPostgres server, Checking listener, RelationResolver tables)
      throws Exception {
    StreamOptions options =
        new StreamOptions("s", List.of("p"), Lsn.ZERO, false, true, "tide", 1000);
    try (ReplicationReader reader =
        ReplicationReader.start(
            DriverManager.getConnection(
                server.jdbcUrl("postgres")
                    + "&replication=database&preferQueryMode=simple&assumeMinServerVersion=14"),
            options,
            StreamLimits.usual(directory.resolve("spill")),
            new ByteBudget(64L * MIB),
            tables,
            listener)) {
      listener.done.get();
      assertThat(reader.progress().spilledBytes()).isZero();
    }
  }

  @Test
  void millionsOfRowsTakeNoMoreMemoryThanThousands() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.of(Tried.version(Version.V18)).start()) {
      server.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v text)",
          "CREATE PUBLICATION p FOR TABLE t",
          "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
          "BEGIN; "
              + insert(1, ROWS / 2)
              + "; SAVEPOINT a; "
              + insert(ROWS / 2 + 1, ROWS / 2 + 500_000)
              + "; ROLLBACK TO a; "
              + insert(ROWS / 2 + 1, ROWS)
              + "; COMMIT",
          "SELECT pg_logical_emit_message(false, 'tide', 'end')");
      long[] mostUsed = {0};
      long before = used();
      Checking listener =
          new Checking(
              batch -> {
                check(batch);
                if (batch.ordinal(0) / 1_000_000 != batch.ordinal(batch.size() - 1) / 1_000_000) {
                  mostUsed[0] = Math.max(mostUsed[0], used() - before);
                }
              });
      read(server, listener);
      assertThat(listener.rows).isEqualTo(ROWS);
      // Transactions in progress may take 64 MiB, batches 8 MiB and the room they grow in.
      assertThat(mostUsed[0]).isBetween(1L, 100L * MIB);
    }
  }

  private static String insert(int from, int to) {
    return "INSERT INTO t SELECT i, 'v' || i FROM generate_series(" + from + ", " + to + ") i";
  }

  private static void check(ChangeBatch batch) {
    BytesVector id = (BytesVector) batch.columns().get(0).vector();
    BytesVector v = (BytesVector) batch.columns().get(1).vector();
    for (int row = 0; row < batch.size(); row++) {
      String expected = Long.toString(batch.ordinal(row) + 1);
      if (!id.text(row).equals(expected) || !v.text(row).equals("v" + expected)) {
        throw new AssertionError("row " + expected + " is " + id.text(row) + "," + v.text(row));
      }
    }
  }

  private static long used() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void rowsOf64MibAreTaken() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.of(Tried.version(Version.V18)).start()) {
      server.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v text)",
          "ALTER TABLE t ALTER v SET STORAGE EXTERNAL",
          "CREATE PUBLICATION p FOR TABLE t",
          "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
          "INSERT INTO t SELECT i, repeat(i::text, 64 << 20) FROM generate_series(1, 3) i",
          "SELECT pg_logical_emit_message(false, 'tide', 'end')");
      Checking listener =
          new Checking(
              batch -> {
                BytesVector v = (BytesVector) batch.columns().get(1).vector();
                assertThat(batch.size()).isEqualTo(1);
                assertThat(v.length(0)).isEqualTo(64 << 20);
                byte digit = (byte) ('1' + batch.ordinal(0));
                for (int i = v.start(0); i < v.end(0); i++) {
                  if (v.data()[i] != digit) {
                    throw new AssertionError("byte " + i + " is " + v.data()[i]);
                  }
                }
              });
      read(server, listener);
      assertThat(listener.rows).isEqualTo(3);
    }
  }

  /** The text of bytea is twice as long as the value. */
  @Test
  void binaryValuesOf64MibAreTakenAsText() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.of(Version.V18).start()) {
      server.execute(
          "CREATE TABLE t (id int PRIMARY KEY, v bytea)",
          "ALTER TABLE t ALTER v SET STORAGE EXTERNAL",
          "CREATE PUBLICATION p FOR TABLE t",
          "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
          "INSERT INTO t SELECT i, decode(repeat('0' || i, (64 << 20) - 4096), 'hex')"
              + " FROM generate_series(1, 3) i",
          "SELECT pg_logical_emit_message(false, 'tide', 'end')");
      Checking listener =
          new Checking(
              batch -> {
                BytesVector v = (BytesVector) batch.columns().get(1).vector();
                assertThat(batch.size()).isEqualTo(1);
                assertThat(v.length(0)).isEqualTo((64 << 20) - 4096);
                for (int i = v.start(0); i < v.end(0); i++) {
                  if (v.data()[i] != 1 + batch.ordinal(0)) {
                    throw new AssertionError("byte " + i + " is " + v.data()[i]);
                  }
                }
              });
      read(server, listener, new CodecTables());
      assertThat(listener.rows).isEqualTo(3);
    }
  }
}
