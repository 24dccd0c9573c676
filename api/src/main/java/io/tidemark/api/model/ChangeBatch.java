package io.tidemark.api.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * A run of changes of one table under one version of its schema, column by column, in commit order.
 * Row {@code i} is element {@code i} of every column.
 *
 * <p>The pair ({@link #commitLsn}, {@link #ordinal}) is unique among all changes of a source and
 * orders them; rows of a snapshot carry a commit LSN below every change that is kept after it.
 *
 * <p>Grown by one thread, then handed over and never changed; any number of threads may read it
 * from then on.
 */
public final class ChangeBatch {
  /** What the log carries of the row before a change. */
  public enum Before {
    /** Nothing, because the key did not change or the change has no old row. */
    NONE,
    /** The old key; the other columns are null and mean nothing. */
    KEY,
    /** The whole old row. */
    FULL
  }

  private static final int FIRST_CAPACITY = 16;
  private static final int META_BYTES = 38;
  private static final int DATE_BYTES = 24;
  private static final long[] NOT_DATED = {};

  private final TableSchema schema;
  private final List<ColumnData> columns;
  private List<ColumnData> before;
  private byte[] ops = new byte[FIRST_CAPACITY];
  private byte[] beforeKinds;
  private long[] commitLsns = NOT_DATED;
  private long[] ordinals = new long[FIRST_CAPACITY];
  private long[] xids = NOT_DATED;
  private long[] committedAt = NOT_DATED;
  private int[] leaves;
  private final List<String> leafNames = new ArrayList<>(0);
  private TreeMap<Integer, String> refusals;
  private int size;

  public ChangeBatch(TableSchema schema) {
    this(schema, newColumns(schema));
  }

  private ChangeBatch(TableSchema schema, List<ColumnData> columns) {
    this.schema = schema;
    this.columns = List.copyOf(columns);
  }

  /** Rows that are there whole, but for leaves and old rows. */
  ChangeBatch(
      TableSchema schema,
      List<ColumnData> columns,
      byte[] ops,
      long[] commitLsns,
      long[] ordinals,
      long[] xids,
      long[] committedAt) {
    this(schema, columns);
    this.ops = ops;
    this.commitLsns = commitLsns;
    this.ordinals = ordinals;
    this.xids = xids;
    this.committedAt = committedAt;
    this.size = ops.length;
  }

  private static List<ColumnData> newColumns(TableSchema schema) {
    return schema.columns().stream()
        .map(column -> new ColumnData(Vector.of(column.type())))
        .toList();
  }

  /**
   * Begins a row. The caller then appends exactly one element to each of {@link #columns()}.
   *
   * @param op what happened
   * @param commitLsn the transaction's commit LSN, unsigned
   * @param ordinal place of the change in its transaction, counted over all tables, from 0 to 2^62
   *     - 1, so that sinks can put places between; for a snapshot row, unique within the table's
   *     copy attempt
   * @param xid the transaction's id, widened to 64 bits; 0 for snapshot rows
   * @param committedAtMicros commit time in microseconds since 1970 UTC
   */
  public void addRow(Op op, long commitLsn, long ordinal, long xid, long committedAtMicros) {
    int at = size;
    addRow(op, ordinal);
    if (at >= commitLsns.length) {
      commitLsns = Arrays.copyOf(commitLsns, ops.length);
      xids = Arrays.copyOf(xids, ops.length);
      committedAt = Arrays.copyOf(committedAt, ops.length);
    }
    commitLsns[at] = commitLsn;
    xids[at] = xid;
    committedAt[at] = committedAtMicros;
  }

  /**
   * Begins a row of a transaction that has not committed. All rows of the batch must be begun so,
   * and it must be given its {@link #date} before anybody reads it.
   */
  public void addRow(Op op, long ordinal) {
    int at = size++;
    if (at == ops.length) {
      int length = Vector.grown(at, size);
      ops = Arrays.copyOf(ops, length);
      ordinals = Arrays.copyOf(ordinals, length);
    }
    ops[at] = op.code();
    ordinals[at] = ordinal;
  }

  /** Says of all rows that their transaction has committed, and where; as {@link #addRow}. */
  public void date(long commitLsn, long xid, long committedAtMicros) {
    commitLsns = filled(commitLsn);
    xids = filled(xid);
    committedAt = filled(committedAtMicros);
  }

  private long[] filled(long value) {
    long[] values = new long[ops.length];
    Arrays.fill(values, 0, size, value);
    return values;
  }

  /**
   * Takes rows back from the end, so that {@code rows} are left; also one of which only a part was
   * appended. Only before the batch is handed over.
   */
  public void truncate(int rows) {
    if (beforeKinds != null && rows < beforeKinds.length) {
      Arrays.fill(beforeKinds, rows, Math.min(size, beforeKinds.length), (byte) 0);
    }
    if (leaves != null && rows < leaves.length) {
      Arrays.fill(leaves, rows, Math.min(size, leaves.length), 0);
    }
    if (refusals != null) {
      refusals.tailMap(rows).clear();
      refusals = refusals.isEmpty() ? null : refusals;
    }
    size = Math.min(size, rows);
    columns.forEach(column -> column.truncate(rows));
    if (before != null) {
      before.forEach(column -> column.truncate(rows));
    }
  }

  /**
   * Says that the row begun last has an old row. The caller then appends exactly one element to
   * each of {@link #before()}; for {@link Before#KEY} null to every column that is not part of the
   * key.
   */
  public void addBefore(Before kind) {
    addBefore(size - 1, kind);
  }

  void addBefore(int row, Before kind) {
    if (before == null) {
      before = newColumns(schema);
      beforeKinds = new byte[ops.length];
    } else if (beforeKinds.length < ops.length) {
      beforeKinds = Arrays.copyOf(beforeKinds, ops.length);
    }
    beforeKinds[row] = (byte) kind.ordinal();
    for (ColumnData column : before) {
      while (column.vector().size() < row) {
        column.vector().addNull();
      }
    }
  }

  /**
   * Says which leaf partition the row begun last lives in; for a TRUNCATE, which leaf alone was
   * emptied.
   */
  public void leaf(String name) {
    leaf(size - 1, name);
  }

  void leaf(int row, String name) {
    if (leaves == null) {
      leaves = new int[ops.length];
    } else if (leaves.length < ops.length) {
      leaves = Arrays.copyOf(leaves, ops.length);
    }
    int index = leafNames.indexOf(name);
    if (index < 0) {
      leafNames.add(name);
      index = leafNames.size() - 1;
    }
    leaves[row] = index + 1;
  }

  /**
   * Says of the row begun last that something before the sink could not judge it: it is for the
   * policy of rows that are not taken.
   *
   * @param reason a whole message, without values of the row
   */
  public void refuse(String reason) {
    refuse(size - 1, reason);
  }

  void refuse(int row, String reason) {
    if (refusals == null) {
      refusals = new TreeMap<>();
    }
    refusals.put(row, reason);
  }

  /** Appends row {@code i} of a batch of the same schema, whole. */
  public void addFrom(ChangeBatch other, int i) {
    addRow(
        other.op(i), other.commitLsns[i], other.ordinals[i], other.xids[i], other.committedAt[i]);
    if (other.leaf(i) != null) {
      leaf(other.leaf(i));
    }
    if (other.refusal(i) != null) {
      refuse(other.refusal(i));
    }
    for (int column = 0; column < columns.size(); column++) {
      columns.get(column).addFrom(other.columns.get(column), i);
    }
    if (other.beforeKind(i) != Before.NONE) {
      addBefore(other.beforeKind(i));
      for (int column = 0; column < columns.size(); column++) {
        before.get(column).addFrom(other.before.get(column), i);
      }
    }
  }

  /**
   * The same rows under another form, with other columns; what is not given is shared. Both batches
   * are only read from then on.
   *
   * @param form has one column for each of {@code newColumns}
   * @param newColumns each with {@link #size()} elements
   * @param newBefore one for each column, as {@link #before()} describes; null where {@link
   *     #hasBefore} is false
   */
  public ChangeBatch as(TableSchema form, List<ColumnData> newColumns, List<ColumnData> newBefore) {
    if (form.columns().size() != newColumns.size() || hasBefore() != (newBefore != null)) {
      throw new IllegalArgumentException(
          "Cannot show rows of " + table() + " under another form: its columns do not fit.");
    }
    ChangeBatch batch = new ChangeBatch(form, newColumns);
    batch.before = newBefore == null ? null : List.copyOf(newBefore);
    batch.ops = ops;
    batch.beforeKinds = beforeKinds;
    batch.commitLsns = commitLsns;
    batch.ordinals = ordinals;
    batch.xids = xids;
    batch.committedAt = committedAt;
    batch.leaves = leaves;
    batch.leafNames.addAll(leafNames);
    batch.refusals = refusals;
    batch.size = size;
    return batch;
  }

  /** The version of the table's form that all rows have. */
  public TableSchema schema() {
    return schema;
  }

  /** The table. */
  public TableName table() {
    return schema.name();
  }

  /** Number of rows. */
  public int size() {
    return size;
  }

  /**
   * The new row, one entry for each column of the schema. For a DELETE the old key or row stands
   * here; for a TRUNCATE every element is null.
   */
  public List<ColumnData> columns() {
    return columns;
  }

  /** Whether any row carries an old row in {@link #before()}. */
  public boolean hasBefore() {
    return before != null;
  }

  /**
   * The old rows of updates, one entry for each column; elements of rows whose {@link #beforeKind}
   * is NONE are null or missing at the end of a vector. Null where {@link #hasBefore} is false.
   */
  public List<ColumnData> before() {
    return before;
  }

  /** What row {@code i} carries in {@link #before()}; always NONE but for updates. */
  public Before beforeKind(int i) {
    return beforeKinds == null || i >= beforeKinds.length || beforeKinds[i] == 0
        ? Before.NONE
        : beforeKinds[i] == 1 ? Before.KEY : Before.FULL;
  }

  /** What happened. */
  public Op op(int i) {
    return Op.ofCode(ops[i]);
  }

  /** The operation codes of all rows; only the first {@link #size()} count. */
  public byte[] ops() {
    return ops;
  }

  /** Commit LSN of row {@code i}, unsigned. */
  public long commitLsn(int i) {
    return commitLsns[i];
  }

  /** Commit LSNs of all rows; only the first {@link #size()} count. */
  public long[] commitLsns() {
    return commitLsns;
  }

  /** Place of row {@code i} in its transaction. */
  public long ordinal(int i) {
    return ordinals[i];
  }

  /** Ordinals of all rows; only the first {@link #size()} count. */
  public long[] ordinals() {
    return ordinals;
  }

  /** Transaction id of row {@code i}, 0 for snapshot rows. */
  public long xid(int i) {
    return xids[i];
  }

  /** Transaction ids of all rows; only the first {@link #size()} count. */
  public long[] xids() {
    return xids;
  }

  /** Commit time of row {@code i} in microseconds since 1970 UTC. */
  public long committedAt(int i) {
    return committedAt[i];
  }

  /** Commit times of all rows; only the first {@link #size()} count. */
  public long[] committedAt() {
    return committedAt;
  }

  /**
   * Name of the leaf partition of row {@code i}; null where the table has none or the whole table
   * is meant.
   */
  public String leaf(int i) {
    return leaves == null || i >= leaves.length || leaves[i] == 0
        ? null
        : leafNames.get(leaves[i] - 1);
  }

  /**
   * Where in the schema the first column stands whose value of row {@code i} the source was told to
   * refuse; -1 where there is none. What is taken away ({@link Op#DELETE}, {@link Op#TRUNCATE}) is
   * never refused.
   */
  public int refusedColumn(int i) {
    if (op(i) != Op.DELETE && op(i) != Op.TRUNCATE) {
      for (int column = 0; column < columns.size(); column++) {
        if (columns.get(column).isRefused(i)) {
          return column;
        }
      }
    }
    return -1;
  }

  /** Why row {@code i} could not be judged on its way, see {@link #refuse}; null where it could. */
  public String refusal(int i) {
    return refusals == null ? null : refusals.get(i);
  }

  /** The first row with a {@link #refusal} or a {@link #refusedColumn}; -1 where no row has one. */
  public int firstRefused() {
    if (refusals != null || columns.stream().anyMatch(ColumnData::hasRefused)) {
      for (int i = 0; i < size; i++) {
        if (refusal(i) != null || refusedColumn(i) >= 0) {
          return i;
        }
      }
    }
    return -1;
  }

  /** Bytes of memory, roughly; what limits of memory are counted in. */
  public long bytes() {
    int dateBytes = commitLsns == NOT_DATED ? DATE_BYTES : 0;
    long sum = (long) size * (META_BYTES - dateBytes);
    for (ColumnData column : columns) {
      sum += column.bytes();
    }
    if (before != null) {
      for (ColumnData column : before) {
        sum += column.bytes();
      }
    }
    return sum;
  }
}
