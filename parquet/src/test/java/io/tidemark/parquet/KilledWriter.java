package io.tidemark.parquet;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkState;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * A process that writes until it is killed: transaction {@code n} has two rows in one table and one
 * in another, at LSN {@code 1000 + 10 n}, and goes on where the lake's state says.
 */
public final class KilledWriter {
  static final TableSchema DEBITS =
      Form.of("public.debits").key("id", Form.BIGINT).column("note", Form.TEXT).schema();
  static final TableSchema CREDITS =
      Form.of("shop.credits").key("id", Form.BIGINT).column("note", Form.TEXT).schema();
  static final long FIRST = 1000;

  private KilledWriter() {}

  /** Arguments: options as {@code name=value}. */
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new TreeMap<>();
    Arrays.stream(args)
        .map(arg -> arg.split("=", 2))
        .forEach(option -> options.put(option[0], option[1]));
    Random random = new Random();
    try (ParquetSink sink = new ParquetSink(ParquetConfig.of(options))) {
      SinkState state = sink.open();
      long next = state.isNew() ? 0 : (state.tidemark().lsn().value() - FIRST) / 10;
      System.out.println("open " + next);
      while (true) {
        int transactions = 1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 50);
        stage(sink, next, next + transactions);
        boolean first = next == 0;
        next += transactions;
        SinkRows.commit(sink, FIRST + 10 * next, Map.of("n", Optional.of(Long.toString(next))));
        if (first) {
          System.out.println("committed " + next);
        }
      }
    }
  }

  private static void stage(ParquetSink sink, long from, long to) throws Exception {
    Batches debits = Batches.of(DEBITS);
    Batches credits = Batches.of(CREDITS);
    for (long n = from; n < to; n++) {
      debits.at(FIRST + 10 * n).insert(2 * n, "debit of " + n).insert(2 * n + 1, null);
      credits.at(FIRST + 10 * n, 2).insert(n, "credit of " + n);
    }
    for (ChangeBatch batch : new ChangeBatch[] {debits.batch(), credits.batch()}) {
      sink.prepare(batch.schema());
      sink.stage(batch);
    }
  }
}
