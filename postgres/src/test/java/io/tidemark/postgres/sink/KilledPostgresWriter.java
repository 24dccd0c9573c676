package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkSession;
import java.util.Random;

/**
 * A process that writes until it is killed. Transaction {@code n}, at LSN {@code 1000 + 10 n},
 * inserts row {@code n} and, where {@code n} is odd, updates row {@code n / 2}, leaving its note
 * out; it goes on where the copy's tidemark says.
 */
public final class KilledPostgresWriter {
  static final TableSchema ROWS =
      Form.of("public.rows")
          .key("id", Form.BIGINT)
          .column("note", Form.TEXT)
          .column("updates", Form.TEXT)
          .schema();
  static final long FIRST = 1000;

  private KilledPostgresWriter() {}

  /** Arguments: the URL of the database, and how transactions are applied. */
  public static void main(String[] args) throws Exception {
    Random random = new Random();
    Apply apply = Apply.valueOf(args[1]);
    PostgresFixture copy =
        new PostgresFixture(null, PostgresSinkConfig.of(args[0], "killed").applying(apply));
    SinkSession session = open(copy);
    SinkState state = session.opened();
    long next = state.isNew() ? 0 : (state.tidemark().lsn().value() - FIRST) / 10;
    System.out.println("open " + next);
    boolean first = next == 0;
    while (true) {
      long to = next + 1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 50);
      long singly = apply == Apply.TRANSACTIONAL ? Math.min(to - 1, next + 500) : next;
      for (; next < singly; next++) {
        session.stage(transactions(next, next + 1)).transaction(FIRST + 10 * next + 10);
      }
      session.stage(transactions(next, to)).flush(FIRST + 10 * to);
      if (first) {
        System.out.println("committed " + to);
      }
      first = false;
      next = to;
    }
  }

  /** What the killed one has left to the server may still run there, and hold its locks. */
  private static SinkSession open(PostgresFixture copy) throws Exception {
    while (true) {
      try {
        return SinkSession.open(copy);
      } catch (SinkException.Retryable e) {
        System.err.println(e.getMessage());
      }
    }
  }

  private static ChangeBatch transactions(long from, long to) {
    Batches batch = Batches.of(ROWS);
    for (long n = from; n < to; n++) {
      batch.at(FIRST + 10 * n).insert(n, "note of " + n, "0");
      if (n % 2 == 1) {
        batch.update(n / 2, Batches.UNCHANGED, "1");
      }
    }
    return batch.batch();
  }
}
