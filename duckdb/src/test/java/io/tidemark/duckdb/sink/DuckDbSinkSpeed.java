package io.tidemark.duckdb.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkSession;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Prints how fast rows reach a file: inserts, updates of scattered keys and deletes, a flush for
 * each 100,000. Run by hand; the argument is how many rows, a million without it.
 */
public final class DuckDbSinkSpeed {
  private static final TableSchema ACCOUNTS =
      Form.of("public.accounts")
          .key("id", Form.BIGINT)
          .column("owner", Form.TEXT)
          .column("balance", Form.MONEY)
          .column("changed_at", Form.TIMESTAMPTZ)
          .schema();
  private static final int FLUSH = 100_000;

  private DuckDbSinkSpeed() {}

  /** Argument: how many rows. */
  public static void main(String[] args) throws Exception {
    long rows = args.length > 0 ? Long.parseLong(args[0]) : 1_000_000;
    Path folder = Files.createTempDirectory("speed");
    DuckDbConfig config = DuckDbConfig.of(folder.resolve("speed.duckdb"));
    try (DuckDbFixture destination = new DuckDbFixture(config);
        SinkSession session = SinkSession.open(destination)) {
      long end = 1_000;
      for (String what : new String[] {"insert", "update", "delete"}) {
        long staging = 0;
        long committing = 0;
        for (long from = 0; from < rows; from += FLUSH) {
          Batches batch = Batches.of(ACCOUNTS).at(end);
          for (long i = from; i < from + FLUSH; i++) {
            change(batch, what, rows, i);
          }
          ChangeBatch changes = batch.batch();
          long began = System.nanoTime();
          session.stage(changes).seal(++end);
          long sealed = System.nanoTime();
          session.commitSealed(end);
          staging += sealed - began;
          committing += System.nanoTime() - sealed;
        }
        System.out.printf(
            "%s: %,d rows/s; staged %,d, committed %,d%n",
            what,
            perSecond(rows, staging + committing),
            perSecond(rows, staging),
            perSecond(rows, committing));
      }
      System.out.printf("file: %,d bytes%n", Files.size(config.path()));
    }
  }

  private static long perSecond(long rows, long nanos) {
    return (long) (rows / (nanos / 1e9));
  }

  private static void change(Batches batch, String what, long rows, long i) {
    // 7,368,787 is prime, so every key comes once, far from the one before
    long scattered = i * 7_368_787 % rows;
    Instant at = Instant.ofEpochSecond(1_700_000_000 + i);
    switch (what) {
      case "insert" -> batch.insert(i, "owner number " + i, BigDecimal.valueOf(i, 2), at);
      case "update" -> batch.update(scattered, "owner of " + i, BigDecimal.valueOf(i, 2), at);
      default -> batch.delete(scattered);
    }
  }
}
