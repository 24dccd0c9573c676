package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.stream.RelationResolver.Resolved;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import io.tidemark.postgres.stream.TableRows.UnreadableValueException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Gathers the rows of committed transactions into one batch for each table, and hands all batches
 * over when they are full. Decides for each relation and transaction whether rows count.
 */
final class RowGatherer {
  private final RelationResolver resolver;
  private final StreamListener listener;
  private final StreamLimits limits;
  private final Map<TableName, TableRows> tables = new HashMap<>();
  private final List<TableRows> filled = new ArrayList<>();

  private Transaction transaction;
  private long transactionNumber;

  /**
   * Place of the next change in its transaction. Every change that survives counts, captured or
   * not, so that it is the same whenever the transaction is read again.
   */
  private long nextOrdinal;

  /** Goes up whenever each shape must be looked at again before its next row. */
  private long check;

  private long generation;
  private long heldBytes;
  private long rows;

  RowGatherer(RelationResolver resolver, StreamListener listener, StreamLimits limits) {
    this.resolver = resolver;
    this.listener = listener;
    this.limits = limits;
  }

  /** Begins to give a transaction that has committed. */
  void begin(Transaction next) {
    transaction = next;
    transactionNumber++;
    nextOrdinal = 0;
    checkAgain();
  }

  /** Looks whether the answers of the resolver still hold. */
  void checkAgain() {
    check++;
    generation = resolver.generation();
  }

  /** Rows given so far. */
  long rows() {
    return rows;
  }

  void insert(Shape shape, Tuple row) {
    long ordinal = nextOrdinal++;
    RowBinding binding = ready(shape);
    if (binding != null) {
      try {
        binding.table.add(binding, Op.CREATE, transaction, ordinal, row);
      } catch (UnreadableValueException e) {
        unreadable(binding, e);
        return;
      }
      added(binding, row.bytes() + binding.overhead());
    }
  }

  void update(Shape shape, Before before, Tuple old, Tuple row) {
    long ordinal = nextOrdinal++;
    RowBinding binding = ready(shape);
    if (binding != null) {
      int bytes = row.bytes() + binding.overhead();
      try {
        if (before == Before.NONE) {
          binding.table.add(binding, Op.UPDATE, transaction, ordinal, row);
        } else {
          binding.table.addUpdate(binding, transaction, ordinal, before, old, row);
          bytes += old.bytes() + binding.overhead();
        }
      } catch (UnreadableValueException e) {
        unreadable(binding, e);
        return;
      }
      added(binding, bytes);
    }
  }

  void delete(Shape shape, Tuple old) {
    long ordinal = nextOrdinal++;
    RowBinding binding = ready(shape);
    if (binding != null) {
      try {
        binding.table.add(binding, Op.DELETE, transaction, ordinal, old);
      } catch (UnreadableValueException e) {
        unreadable(binding, e);
        return;
      }
      added(binding, old.bytes() + binding.overhead());
    }
  }

  void truncate(Shape shape) {
    long ordinal = nextOrdinal++;
    RowBinding binding = ready(shape);
    if (binding != null) {
      binding.table.addTruncate(binding, transaction, ordinal);
      added(binding, binding.overhead());
    }
  }

  /** A row of a relation has come that is too large to be taken. */
  void tooLarge(Shape shape, long bytes) {
    nextOrdinal++;
    RowBinding binding = binding(shape);
    if (binding != null) {
      fail(
          binding.table,
          "Cannot take a row of table %s: it has %,d bytes in the log, more than max-row-bytes (%,d). Raise max-row-bytes or leave the large column out, then copy the table again."
              .formatted(binding.table.name, bytes, limits.maxRowBytes()));
    }
  }

  /** Gives rows that were decoded before their transaction committed. */
  void give(DecodedRows received, IntFunction<Shape> shapeOf) {
    if (received.firstOrdinal() != nextOrdinal) {
      throw new IllegalStateException(
          "Cannot give decoded rows from place %d of a transaction: %d changes were given. This is a defect."
              .formatted(received.firstOrdinal(), nextOrdinal));
    }
    nextOrdinal += received.changes();
    handOver();
    List<ChangeBatch> batches = new ArrayList<>();
    for (DecodedRows.Part part : received.parts()) {
      RowBinding binding =
          part.batch().size() == 0 ? null : binding(shapeOf.apply(part.relation().oid()));
      if (binding != null) {
        part.batch().date(transaction.commitLsn(), transaction.xid(), transaction.committedAt());
        batches.add(binding.take(part.batch(), part.binding()));
      }
    }
    for (ChangeBatch batch : MergedBatches.byTable(batches)) {
      rows += batch.size();
      listener.changes(batch);
    }
  }

  /** Hands over every batch. */
  void handOver() {
    for (int i = 0; i < filled.size(); i++) {
      ChangeBatch batch = filled.get(i).close();
      if (batch.size() > 0) {
        listener.changes(batch);
      }
    }
    filled.clear();
    heldBytes = 0;
  }

  /** Where a row of the shape goes, with a batch open for it; null where it is left out. */
  private RowBinding ready(Shape shape) {
    RowBinding binding = binding(shape);
    if (binding != null) {
      TableRows table = binding.table;
      if (table.batch() != null && table.batch().schema() != binding.schema) {
        handOver();
      }
      if (table.batch() == null) {
        table.open(binding.schema);
        filled.add(table);
      }
    }
    return binding;
  }

  private RowBinding binding(Shape shape) {
    if (shape.checked != check) {
      resolve(shape);
      shape.active = shape.binding != null && admitted(shape.binding.table) ? shape.binding : null;
      shape.checked = check;
    }
    return shape.active;
  }

  private void resolve(Shape shape) {
    boolean known = shape.asked && shape.generation == generation;
    if (known && shape.binding != null) {
      return;
    }
    if (!known) {
      handOver();
    }
    Optional<Resolved> answer = resolver.resolve(shape.relation, transaction);
    shape.asked = true;
    shape.generation = generation;
    shape.binding = answer.map(resolved -> bind(shape.relation, resolved)).orElse(null);
  }

  private RowBinding bind(Relation relation, Resolved resolved) {
    TableRows table = tables.computeIfAbsent(resolved.schema().name(), TableRows::new);
    TableSchema schema = table.canonical(resolved.schema());
    return new RowBinding(table, schema, relation, resolved);
  }

  private boolean admitted(TableRows table) {
    if (table.asked != transactionNumber) {
      table.admitted = listener.admits(table.name, transaction);
      table.asked = transactionNumber;
    }
    return table.admitted;
  }

  private void added(RowBinding binding, int bytes) {
    rows++;
    heldBytes += bytes;
    if (heldBytes >= limits.batchBytes() || binding.table.batch().size() >= limits.batchRows()) {
      handOver();
    }
  }

  private void unreadable(RowBinding binding, UnreadableValueException failure) {
    binding.table.dropLast();
    fail(
        binding.table,
        "Cannot read a row of table %s: %s Leave the column out or report this with the column's type, then copy the table again."
            .formatted(binding.table.name, sentence(failure.getMessage())));
  }

  private void fail(TableRows table, String reason) {
    handOver();
    listener.failed(table.name, transaction, reason);
    table.admitted = false;
    table.asked = transactionNumber;
    checkAgain();
  }

  private static String sentence(String text) {
    return text.endsWith(".") ? text : text + ".";
  }
}
