package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import java.util.List;

/**
 * Builds batches that read like what happened: {@code Batches.of(items).at(1000).insert(1L, "a")
 * .update(1L, "b").at(2000).delete(1L).batch()}. Values stand in the order of the columns, as
 * {@link Values} describes; a missing tail is null.
 */
public final class Batches {
  /** Commit time of LSN 0 in microseconds; each LSN is one second later. */
  public static final long EPOCH_MICROS = 1_767_225_600_000_000L;

  /** Stands for a TOAST value that an update did not touch. */
  public static final Object UNCHANGED = new Object();

  /** Stands for a value that its type cannot hold. */
  public record Raw(String text) {}

  /** Stands for a value that its type cannot hold and that the source was told to refuse. */
  public record Refused(String text) {}

  private final ChangeBatch batch;
  private long commitLsn;
  private long ordinal;

  private Batches(TableSchema schema) {
    batch = new ChangeBatch(schema);
  }

  /** An empty batch of a form. */
  public static Batches of(TableSchema schema) {
    return new Batches(schema);
  }

  /** Commit time of the transaction with a commit LSN, in microseconds. */
  public static long committedAt(long commitLsn) {
    return EPOCH_MICROS + commitLsn * 1_000_000;
  }

  /** What follows belongs to the transaction with this commit LSN, its ordinals from 0. */
  public Batches at(long lsn) {
    return at(lsn, 0);
  }

  /** What follows belongs to the transaction with this commit LSN, its ordinals from a number. */
  public Batches at(long lsn, long firstOrdinal) {
    commitLsn = lsn;
    ordinal = firstOrdinal;
    return this;
  }

  /** A row that a snapshot read. */
  public Batches read(Object... values) {
    return row(Op.READ, 0, values);
  }

  /** The TRUNCATE that begins a copy attempt. */
  public Batches attempt() {
    return row(Op.TRUNCATE, 0);
  }

  /** INSERT. */
  public Batches insert(Object... values) {
    return row(Op.CREATE, commitLsn, values);
  }

  /** UPDATE that leaves the key as it is. */
  public Batches update(Object... values) {
    return row(Op.UPDATE, commitLsn, values);
  }

  /** UPDATE with every value, of no transaction: what a repair writes anew. */
  public Batches repair(Object... values) {
    return row(Op.UPDATE, 0, values);
  }

  /** DELETE of a key, of no transaction: what a repair takes away. */
  public Batches repairAway(Object... key) {
    return row(Op.DELETE, 0, key);
  }

  /** DELETE: the old key, or the whole old row. */
  public Batches delete(Object... values) {
    return row(Op.DELETE, commitLsn, values);
  }

  /** TRUNCATE of the whole table. */
  public Batches truncate() {
    return row(Op.TRUNCATE, commitLsn);
  }

  /** The old key of the row given last. */
  public Batches oldKey(Object... values) {
    return before(ChangeBatch.Before.KEY, values);
  }

  /** The old row of the row given last. */
  public Batches oldRow(Object... values) {
    return before(ChangeBatch.Before.FULL, values);
  }

  /** The leaf partition of the row given last. */
  public Batches leaf(String name) {
    batch.leaf(name);
    return this;
  }

  public ChangeBatch batch() {
    return batch;
  }

  private Batches row(Op op, long xid, Object... values) {
    batch.addRow(op, commitLsn, ordinal++, xid, committedAt(commitLsn));
    fill(batch.columns(), values);
    return this;
  }

  private Batches before(ChangeBatch.Before kind, Object... values) {
    batch.addBefore(kind);
    fill(batch.before(), values);
    return this;
  }

  private void fill(List<ColumnData> columns, Object... values) {
    for (int i = 0; i < columns.size(); i++) {
      Object value = i < values.length ? values[i] : null;
      if (value == UNCHANGED) {
        columns.get(i).addUnchanged();
      } else if (value instanceof Raw raw) {
        columns.get(i).addRaw(raw.text());
      } else if (value instanceof Refused refused) {
        columns.get(i).addRefused(refused.text());
      } else {
        Values.append(batch.schema().columns().get(i).type(), columns.get(i).vector(), value);
      }
    }
  }
}
