package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.stream.StreamListener.Transaction;
import io.tidemark.postgres.type.MalformedValueException;

/** The rows of one table that are gathered into a batch. */
final class TableRows {
  final TableName name;

  /** Transaction (by number) for which the listener was last asked, and what it said. */
  long asked = -1;

  boolean admitted;

  private TableSchema schema;
  private ChangeBatch batch;
  private ColumnData[] columns;
  private ColumnData[] before;

  TableRows(TableName name) {
    this.name = name;
  }

  /** A value of a row could not be read. */
  static final class UnreadableValueException extends Exception {
    private static final long serialVersionUID = 1L;

    UnreadableValueException(String column, RuntimeException cause) {
      super("column " + column + ": " + cause.getMessage(), cause);
    }
  }

  /**
   * The instance of a schema to be used for this table: the one in use when they are equal, so that
   * a look at the reference tells whether a version has ended.
   */
  TableSchema canonical(TableSchema resolved) {
    if (!resolved.equals(schema)) {
      schema = resolved;
    }
    return schema;
  }

  /** The batch being built, null where there is none. */
  ChangeBatch batch() {
    return batch;
  }

  /** Begins a batch. */
  void open(TableSchema form) {
    batch = new ChangeBatch(form);
    columns = batch.columns().toArray(ColumnData[]::new);
    before = null;
  }

  /** Takes the batch away. */
  ChangeBatch close() {
    ChangeBatch done = batch;
    batch = null;
    columns = null;
    before = null;
    return done;
  }

  /**
   * Appends a new row, or the old key or row of a DELETE.
   *
   * @param transaction null while it has not committed; the batch is dated later
   */
  void add(RowBinding binding, Op op, Transaction transaction, long ordinal, Tuple row)
      throws UnreadableValueException {
    begin(binding, op, transaction, ordinal);
    fill(binding, row, Before.NONE, row, columns);
  }

  /** Appends the row of an UPDATE that has an old key or row; {@code transaction} as above. */
  void addUpdate(
      RowBinding binding, Transaction transaction, long ordinal, Before kind, Tuple old, Tuple row)
      throws UnreadableValueException {
    begin(binding, Op.UPDATE, transaction, ordinal);
    fill(binding, row, kind, old, columns);
    batch.addBefore(kind);
    if (before == null) {
      before = batch.before().toArray(ColumnData[]::new);
    }
    fill(binding, old, Before.NONE, old, before);
  }

  /** Appends a TRUNCATE. */
  void addTruncate(RowBinding binding, Transaction transaction, long ordinal) {
    begin(binding, Op.TRUNCATE, transaction, ordinal);
    for (ColumnData column : columns) {
      column.vector().addNull();
    }
  }

  /** Takes back the row begun last, of which only a part was appended. */
  void dropLast() {
    batch.truncate(batch.size() - 1);
  }

  private void begin(RowBinding binding, Op op, Transaction transaction, long ordinal) {
    if (transaction == null) {
      batch.addRow(op, ordinal);
    } else {
      batch.addRow(
          op, transaction.commitLsn(), ordinal, transaction.xid(), transaction.committedAt());
    }
    if (binding.leaf != null) {
      batch.leaf(binding.leaf);
    }
  }

  /**
   * Appends one element to each column.
   *
   * @param kind what the old row holds; values that the row lacks as unchanged are taken from it
   */
  private static void fill(
      RowBinding binding, Tuple row, Before kind, Tuple old, ColumnData[] columns)
      throws UnreadableValueException {
    int width = binding.width();
    int i = 0;
    try {
      for (; i < width; i++) {
        int target = binding.target(i);
        if (target >= 0) {
          ColumnData column = columns[target];
          // An old key has nulls for all columns that are not part of it.
          boolean known =
              row.kind(i) == Tuple.UNCHANGED
                  && (kind == Before.FULL || kind == Before.KEY && old.kind(i) != Tuple.NULL);
          Tuple from = known ? old : row;
          switch (from.kind(i)) {
            case Tuple.NULL -> column.vector().addNull();
            case Tuple.UNCHANGED -> column.addUnchanged();
            case Tuple.BINARY ->
                binding.codec(i).binary(from.data(), from.offset(i), from.length(i), column);
            default -> binding.codec(i).text(from.data(), from.offset(i), from.length(i), column);
          }
        }
      }
    } catch (MalformedValueException e) {
      throw new UnreadableValueException(binding.columnName(i), e);
    }
    for (int index : binding.unfilled()) {
      columns[index].vector().addNull();
    }
  }
}
