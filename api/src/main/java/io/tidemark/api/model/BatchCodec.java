package io.tidemark.api.model;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Bytes of a {@link ChangeBatch}, for spilled batches and dead letters. The form of the table is
 * not among them, and no version: who stores them longer than the process lives stores both beside
 * them.
 */
public final class BatchCodec {
  private static final int RAW = 0;
  private static final int UNCHANGED = 1;
  private static final int REFUSED = 2;

  private BatchCodec() {}

  /** The bytes, ready to be read. */
  public static ByteBuffer write(ChangeBatch batch) {
    ByteSink to = new ByteSink();
    int size = batch.size();
    to.putInt(size);
    to.putBytes(batch.ops(), 0, size);
    to.putLongs(batch.commitLsns(), size);
    to.putLongs(batch.ordinals(), size);
    to.putLongs(batch.xids(), size);
    to.putLongs(batch.committedAt(), size);
    writeLeaves(batch, to);
    for (ColumnData column : batch.columns()) {
      write(column, size, to);
    }
    to.putByte(batch.hasBefore() ? 1 : 0);
    if (batch.hasBefore()) {
      writeBefore(batch, to);
    }
    writeRefusals(batch, to);
    return to.done();
  }

  /** At the end, and nothing where there is none: so older letters can be read. */
  private static void writeRefusals(ChangeBatch batch, ByteSink to) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.refusal(i) != null) {
        to.putInt(i);
        to.putText(batch.refusal(i));
      }
    }
  }

  private static void writeLeaves(ChangeBatch batch, ByteSink to) {
    Map<String, Integer> names = new LinkedHashMap<>();
    int[] leaves = new int[batch.size()];
    for (int i = 0; i < leaves.length; i++) {
      String leaf = batch.leaf(i);
      if (leaf != null) {
        leaves[i] = names.computeIfAbsent(leaf, name -> names.size() + 1);
      }
    }
    to.putInt(names.size());
    if (!names.isEmpty()) {
      names.keySet().forEach(to::putText);
      to.putInts(leaves, leaves.length);
    }
  }

  /** Only the rows that have an old row, behind one another. */
  private static void writeBefore(ChangeBatch batch, ByteSink to) {
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      to.putByte(batch.beforeKind(i).ordinal());
      if (batch.beforeKind(i) != ChangeBatch.Before.NONE) {
        rows.add(i);
      }
    }
    to.putInt(rows.size());
    for (int c = 0; c < batch.before().size(); c++) {
      ColumnData dense = new ColumnData(Vector.of(batch.schema().columns().get(c).type()));
      for (int row : rows) {
        dense.addFrom(batch.before().get(c), row);
      }
      write(dense, rows.size(), to);
    }
  }

  private static void write(ColumnData column, int size, ByteSink to) {
    VectorCodec.write(column.vector(), to);
    List<Integer> odd = new ArrayList<>();
    if (column.hasUnchanged() || column.hasRaw()) {
      for (int i = 0; i < size; i++) {
        if (column.isUnchanged(i) || column.raw(i) != null) {
          odd.add(i);
        }
      }
    }
    to.putInt(odd.size());
    for (int i : odd) {
      to.putInt(i);
      to.putByte(column.isUnchanged(i) ? UNCHANGED : column.isRefused(i) ? REFUSED : RAW);
      if (!column.isUnchanged(i)) {
        to.putText(column.raw(i));
      }
    }
  }

  /** The batch that {@link #write} wrote, to the buffer's end; the buffer must have an array. */
  public static ChangeBatch read(ByteBuffer from, TableSchema schema) {
    int size = from.getInt();
    byte[] ops = new byte[size];
    from.get(ops);
    long[][] meta = new long[4][size];
    for (long[] values : meta) {
      from.asLongBuffer().get(values);
      from.position(from.position() + size * 8);
    }
    String[] leaves = readLeaves(from, size);
    ChangeBatch batch =
        new ChangeBatch(
            schema, readColumns(from, schema, size), ops, meta[0], meta[1], meta[2], meta[3]);
    byte[] kinds = new byte[size];
    List<ColumnData> before = List.of();
    if (from.get() == 1) {
      from.get(kinds);
      before = readColumns(from, schema, from.getInt());
    }
    int old = 0;
    for (int i = 0; i < size; i++) {
      if (leaves[i] != null) {
        batch.leaf(i, leaves[i]);
      }
      if (kinds[i] != 0) {
        batch.addBefore(i, ChangeBatch.Before.values()[kinds[i]]);
        for (int c = 0; c < before.size(); c++) {
          batch.before().get(c).addFrom(before.get(c), old);
        }
        old++;
      }
    }
    while (from.hasRemaining()) {
      batch.refuse(from.getInt(), ByteSink.text(from));
    }
    return batch;
  }

  private static String[] readLeaves(ByteBuffer from, int size) {
    String[] leaves = new String[size];
    int count = from.getInt();
    String[] names = new String[count];
    for (int i = 0; i < count; i++) {
      names[i] = ByteSink.text(from);
    }
    for (int i = 0; count > 0 && i < size; i++) {
      int index = from.getInt();
      leaves[i] = index == 0 ? null : names[index - 1];
    }
    return leaves;
  }

  private static List<ColumnData> readColumns(ByteBuffer from, TableSchema schema, int size) {
    List<ColumnData> columns = new ArrayList<>();
    schema.columns().forEach(column -> columns.add(readColumn(from, column.type(), size)));
    return columns;
  }

  private static ColumnData readColumn(ByteBuffer from, DataType type, int size) {
    Vector vector = Vector.of(type, Math.max(1, size));
    VectorCodec.read(from, type, size, vector);
    int odd = from.getInt();
    if (odd == 0) {
      return new ColumnData(vector);
    }
    ColumnData column = new ColumnData(Vector.of(type, size));
    int at = 0;
    for (int i = 0; i < odd; i++) {
      int row = from.getInt();
      for (; at < row; at++) {
        column.vector().addFrom(vector, at);
      }
      switch (from.get()) {
        case UNCHANGED -> column.addUnchanged();
        case REFUSED -> column.addRefused(ByteSink.text(from));
        default -> column.addRaw(ByteSink.text(from));
      }
      at++;
    }
    for (; at < size; at++) {
      column.vector().addFrom(vector, at);
    }
    return column;
  }
}
