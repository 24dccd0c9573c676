package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A row of a table's history as a reader of the destination sees it, in texts, so that whatever
 * classes the reader has compare alike.
 *
 * @param op the code of the operation
 * @param lsn commit LSN
 * @param seq ordinal in the transaction
 * @param xid transaction id
 * @param committedAtMicros commit time, microseconds since 1970 UTC
 * @param values column name to {@link Values#text}; nulls, unchanged and raw values are left out
 * @param unchanged names of the columns whose value the log did not carry
 * @param raw column name to PostgreSQL's text, where the type could not hold the value
 * @param before the old key or row, nulls left out; empty where there is none
 * @param leaf the leaf partition; empty where there is none
 */
public record CommittedRow(
    char op,
    long lsn,
    long seq,
    long xid,
    long committedAtMicros,
    Map<String, String> values,
    TreeSet<String> unchanged,
    Map<String, String> raw,
    Optional<Map<String, String>> before,
    Optional<String> leaf) {

  /** The rows of a batch, as a reader shall see them, under the names of its own form. */
  public static List<CommittedRow> of(ChangeBatch batch) {
    return of(batch, batch.schema());
  }

  /**
   * The rows of a batch, as a reader shall see them under a later form of the table: columns by
   * their newest names, dropped columns left out, columns that the batch does not know left out.
   */
  public static List<CommittedRow> of(ChangeBatch batch, TableSchema newest) {
    List<CommittedRow> rows = new java.util.ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      rows.add(row(batch, i, newest));
    }
    return rows;
  }

  private static CommittedRow row(ChangeBatch batch, int i, TableSchema newest) {
    Map<String, String> values = new TreeMap<>();
    TreeSet<String> unchanged = new TreeSet<>();
    Map<String, String> raw = new TreeMap<>();
    for (Column column : newest.columns()) {
      int at = batch.schema().indexOf(column.attnum());
      if (at < 0) {
        continue;
      }
      ColumnData data = batch.columns().get(at);
      if (data.isUnchanged(i)) {
        unchanged.add(column.name());
      } else if (data.raw(i) != null) {
        raw.put(column.name(), data.raw(i));
      } else if (!data.vector().isNull(i)) {
        values.put(column.name(), text(batch.schema().columns().get(at), data, i));
      }
    }
    Optional<Map<String, String>> before =
        batch.beforeKind(i) == ChangeBatch.Before.NONE
            ? Optional.empty()
            : Optional.of(old(batch, i, newest));
    return new CommittedRow(
        (char) Op.ofCode(batch.ops()[i]).code(),
        batch.commitLsn(i),
        batch.ordinal(i),
        batch.xid(i),
        batch.committedAt(i),
        values,
        unchanged,
        raw,
        before,
        Optional.ofNullable(batch.leaf(i)));
  }

  private static Map<String, String> old(ChangeBatch batch, int i, TableSchema newest) {
    Map<String, String> old = new TreeMap<>();
    for (Column column : newest.columns()) {
      int at = batch.schema().indexOf(column.attnum());
      if (at >= 0 && !batch.before().get(at).vector().isNull(i)) {
        old.put(column.name(), text(batch.schema().columns().get(at), batch.before().get(at), i));
      }
    }
    return old;
  }

  private static String text(Column column, ColumnData data, int i) {
    return Values.text(Values.read(column.type(), data.vector(), i));
  }
}
