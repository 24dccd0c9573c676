package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.deadletter.Reason;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stages rows at one sink, and does with those it does not take what {@code on-reject} says. Rows
 * that are put aside become dead letters in the commit that lacks them.
 */
final class Stager {
  /**
   * Transactions were found that the sink does not take, after some of their rows were staged: the
   * life ends, and the next one puts them aside whole.
   */
  static final class TransactionsRejected extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TransactionsRejected(Throwable cause) {
      super("A transaction is put aside: " + cause.getMessage(), cause);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(Stager.class);

  private final SteadySink sink;
  private final FlushPolicy policy;
  private final LetterBox letters;
  private final PipelineConfig.Policies policies;
  private final Tally tally;
  private final RejectWatch watch;

  /** Commit LSN of each transaction that is put aside, and why; outlives this life. */
  private final Map<Long, Reason> rejected;

  /** Rows found in this life whose transactions are put aside in the next. */
  private long found;

  /** Forms that the sink was prepared for since it was opened, by name in the copy. */
  private final Map<TableName, TableSchema> prepared = new HashMap<>();

  Stager(
      SteadySink sink,
      FlushPolicy policy,
      LetterBox letters,
      PipelineConfig.Policies policies,
      Tally tally) {
    this.sink = sink;
    this.policy = policy;
    this.letters = letters;
    this.policies = policies;
    this.tally = tally;
    this.watch = new RejectWatch(sink.name(), policies.limits(), System::nanoTime);
    this.rejected = tally.rejectedTransactions();
  }

  /** Prepares the sink for a form, once. */
  void prepare(TableSchema schema) throws SinkException, InterruptedException {
    TableSchema last = prepared.get(schema.name());
    if (last == schema || schema.equals(last)) {
      return;
    }
    sink.call(
        to -> {
          to.prepare(schema);
          return null;
        });
    prepared.put(schema.name(), schema);
  }

  /**
   * Stages rows.
   *
   * @throws SinkException.Rejected when the whole table shall leave
   */
  void stage(ChangeBatch batch) throws SinkException, InterruptedException {
    prepare(batch.schema());
    watch.came(batch.size());
    ChangeBatch rows = passing(batch);
    try {
      give(rows);
    } catch (SinkException.Rejected e) {
      switch (policies.onReject()) {
        case TABLE -> throw e;
        case STOP -> throw stopping(e);
        case ROW -> isolate(rows);
        case TRANSACTION -> {
          long before = found;
          isolate(rows);
          if (found > before) {
            throw new TransactionsRejected(e);
          }
        }
      }
    }
  }

  /** Gives rows to the sink, unless one of them was refused on its way. */
  private void give(ChangeBatch rows) throws SinkException, InterruptedException {
    int refused = rows.firstRefused();
    if (refused >= 0) {
      throw new SinkException.Rejected(rows.table(), whyRefused(rows, refused), null);
    }
    Optional<SinkException.Rejected> known = tally.rejectedRows().first(rows);
    if (known.isPresent()) {
      throw known.get();
    }
    put(rows);
  }

  private static String whyRefused(ChangeBatch rows, int refused) {
    if (rows.refusal(refused) != null) {
      return rows.refusal(refused);
    }
    Column column = rows.schema().columns().get(rows.refusedColumn(refused));
    return "Cannot hold the value of column %s (%s) of %s: its type in the copy does not cover it, and the source's overflow is 'reject'. Set overflow to raw or text to keep such values."
        .formatted(column.name(), column.pgType(), rows.table());
  }

  private void put(ChangeBatch rows) throws SinkException, InterruptedException {
    if (rows.size() > 0) {
      sink.call(
          to -> {
            to.stage(rows);
            return null;
          });
      policy.staged(rows);
      tally.staged(rows.size());
    }
  }

  /** Stages what can be staged, by halves, and puts the rest aside. */
  private void isolate(ChangeBatch batch) throws SinkException, InterruptedException {
    ChangeBatch rows = letters.pass(batch);
    try {
      give(rows);
    } catch (SinkException.Rejected e) {
      if (rows.size() == 1) {
        putAside(rows, e);
      } else {
        isolate(part(rows, 0, rows.size() / 2));
        isolate(part(rows, rows.size() / 2, rows.size()));
      }
    }
  }

  private void putAside(ChangeBatch row, SinkException.Rejected why) throws SinkException.Rejected {
    boolean ofTransaction = row.xid(0) != 0;
    Reason reason = row.refusal(0) == null ? Reason.of(why) : Reason.ofTransform(why.getMessage());
    if (policies.onReject() == PipelineConfig.OnReject.TRANSACTION && ofTransaction) {
      rejected.put(row.commitLsn(0), reason);
      found++;
      return;
    }
    letters.park(row, 0, reason);
    watch.waiting(letters, reason);
    requireFew(row.table(), why);
  }

  private void requireFew(TableName table, SinkException.Rejected why)
      throws SinkException.Rejected {
    if (letters.count(table) > policies.maxLetters()) {
      throw new SinkException.Rejected(
          table,
          "Cannot put more rows of "
              + table
              + " aside: "
              + policies.maxLetters()
              + " were not taken already. Mend the cause, then copy the table again. The last: "
              + why.getMessage(),
          why);
    }
  }

  /** Without the rows that follow a letter, and those of transactions that are put aside. */
  private ChangeBatch passing(ChangeBatch batch) throws SinkException.Rejected {
    if (rejected.isEmpty()) {
      ChangeBatch rows = letters.pass(batch);
      watch.waiting(letters, Reason.FOLLOWS);
      return rows;
    }
    ChangeBatch rows = letters.pass(batch, row -> whyAside(batch, row).map(Reason::ofTransaction));
    Reason last =
        IntStream.range(0, batch.size())
            .mapToObj(row -> whyAside(batch, row))
            .flatMap(Optional::stream)
            .reduce(Reason.FOLLOWS, (before, why) -> why);
    watch.waiting(letters, last);
    requireFew(
        batch.table(),
        new SinkException.Rejected(batch.table(), "a transaction was put aside.", null));
    return rows;
  }

  private Optional<Reason> whyAside(ChangeBatch batch, int row) {
    return batch.xid(row) == 0
        ? Optional.empty()
        : Optional.ofNullable(rejected.get(batch.commitLsn(row)));
  }

  private static ChangeBatch part(ChangeBatch batch, int from, int to) {
    ChangeBatch part = new ChangeBatch(batch.schema());
    for (int i = from; i < to; i++) {
      part.addFrom(batch, i);
    }
    return part;
  }

  private TidemarkException stopping(SinkException.Rejected e) {
    return new TidemarkException(
        ErrorCode.LIMIT_EXCEEDED,
        e.getMessage() + " The pipeline stops because on-reject is 'stop'.",
        e);
  }

  /**
   * Gives the dead letters of a table to the sink again. Whoever asks for it has seen them, so a
   * value that the source refused goes now as its exact text. Where the sink does not take the form
   * of the table, all stay aside.
   */
  void replay(TableName table) throws SinkException, InterruptedException {
    Optional<TableSchema> form =
        Optional.ofNullable(prepared.get(table)).or(() -> letters.newestForm(table));
    if (form.isPresent() && takes(form.get())) {
      letters.<SinkException>replay(
          form.get(),
          row -> {
            try {
              put(row);
              return true;
            } catch (SinkException.Rejected e) {
              return false;
            }
          });
    }
  }

  private boolean takes(TableSchema form) throws SinkException, InterruptedException {
    try {
      prepare(form);
      return true;
    } catch (SinkException.Rejected e) {
      LOG.warn("Dead letters of {} stay aside: {}", form.name(), e.getMessage());
      return false;
    }
  }
}
