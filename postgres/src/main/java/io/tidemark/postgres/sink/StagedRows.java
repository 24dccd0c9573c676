package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.postgres.sink.Segment.Kind;
import java.sql.SQLException;
import java.util.List;
import java.util.TreeSet;

/** Turns the changes of one batch into rows of {@link Segment}, and notes what they were. */
final class StagedRows {
  private static final int OWN_FIELDS = 7;

  private final ChangeBatch batch;
  private final TableSchema schema;
  private final TargetForm form;
  private final List<TargetColumn> columns;
  private final long piece;
  private final CopyFormat out;
  private final boolean[] isKey;

  /** Columns of which a value was left out, in this batch and in the row being written. */
  private final TreeSet<Integer> left = new TreeSet<>();

  private final TreeSet<Integer> nulls = new TreeSet<>();
  private boolean snapshot;
  private boolean stream;
  private boolean truncates;
  private boolean ending;
  private boolean movedLeft;

  StagedRows(
      ChangeBatch batch, TargetForm form, List<TargetColumn> columns, long piece, CopyFormat out) {
    this.batch = batch;
    this.piece = piece;
    this.schema = batch.schema();
    this.form = form;
    this.columns = columns;
    this.out = out;
    this.isKey = new boolean[columns.size()];
    schema.key().forEach(attnum -> isKey[schema.indexOf(attnum)] = true);
  }

  /** What the changes were. */
  Ops ops() {
    return new Ops(snapshot, stream, truncates, ending, movedLeft, left, nulls);
  }

  /**
   * Writes all of them; the caller ends the COPY.
   *
   * @throws SinkException.Rejected where the log does not say which row is meant
   */
  void write() throws SQLException, SinkException.Rejected {
    for (int i = 0; i < batch.size(); i++) {
      switch (batch.op(i)) {
        case READ, CREATE -> live(Kind.BIRTH, i);
        case UPDATE -> update(i);
        case DELETE -> death(batch.columns(), i, seq(i));
        case TRUNCATE -> truncate(i);
      }
    }
  }

  private long seq(int i) {
    return batch.ordinal(i) * 2 + 1;
  }

  private void own(int kind, int i, long seq, String without) throws SQLException {
    boolean ofSnapshot =
        batch.op(i) == Op.READ
            || kind == Kind.TRUNCATE && batch.xid(i) == 0 && batch.leaf(i) == null;
    snapshot |= ofSnapshot;
    stream |= !ofSnapshot;
    out.row(OWN_FIELDS + columns.size());
    out.small(kind);
    out.big(batch.commitLsn(i));
    out.big(seq);
    out.flag(ofSnapshot);
    out.text(batch.leaf(i));
    out.text(without);
    out.big(piece);
  }

  private void truncate(int i) throws SQLException {
    truncates = true;
    own(Kind.TRUNCATE, i, seq(i), null);
    for (int c = 0; c < columns.size(); c++) {
      out.none();
    }
  }

  /** The end of a row; of a table with a key the key alone counts. */
  private void death(List<ColumnData> from, int i, long seq)
      throws SQLException, SinkException.Rejected {
    ending = true;
    own(Kind.DEATH, i, seq, null);
    for (int c = 0; c < columns.size(); c++) {
      if (form.hasKey() && !isKey[c]) {
        out.none();
        continue;
      }
      if (from.get(c).isUnchanged(i)) {
        throw nameless();
      }
      out.value(columns.get(c), from.get(c), i);
    }
  }

  private void update(int i) throws SQLException, SinkException.Rejected {
    ending = true;
    Before before = batch.beforeKind(i);
    if (!form.hasKey()) {
      if (before != Before.FULL) {
        throw nameless();
      }
      death(batch.before(), i, seq(i) - 1);
      live(Kind.BIRTH, i);
    } else if (before != Before.NONE && moves(i)) {
      death(batch.before(), i, seq(i) - 1);
      live(Kind.MOVE, i);
    } else {
      live(Kind.UPDATE, i);
    }
  }

  private boolean moves(int i) {
    for (int c = 0; c < columns.size(); c++) {
      ColumnData now = batch.columns().get(c);
      if (isKey[c] && !now.isUnchanged(i) && !SameValue.in(now, batch.before().get(c), i)) {
        return true;
      }
    }
    return false;
  }

  private void live(int kind, int i) throws SQLException, SinkException.Rejected {
    String without = leftOut(i);
    movedLeft |= kind == Kind.MOVE && without != null;
    own(kind, i, seq(i), without);
    for (int c = 0; c < columns.size(); c++) {
      ColumnData now = batch.columns().get(c);
      if (!now.isUnchanged(i)) {
        out.value(columns.get(c), now, i);
        if (form.columns().get(c).notNull() && now.isSourceNull(i)) {
          nulls.add(columns.get(c).attnum());
        }
      } else if (batch.beforeKind(i) == Before.FULL) {
        // under REPLICA IDENTITY FULL the old row has what the new one leaves out
        out.value(columns.get(c), batch.before().get(c), i);
      } else {
        out.none();
      }
    }
  }

  /** The columns of which the log says nothing, each between commas; null where it says all. */
  private String leftOut(int i) throws SinkException.Rejected {
    if (batch.op(i) != Op.UPDATE || batch.beforeKind(i) == Before.FULL) {
      return null;
    }
    StringBuilder attnums = null;
    for (int c = 0; c < columns.size(); c++) {
      if (batch.columns().get(c).isUnchanged(i)) {
        if (isKey[c] || !form.hasKey()) {
          throw nameless();
        }
        left.add(columns.get(c).attnum());
        attnums = attnums == null ? new StringBuilder(",") : attnums;
        attnums.append(columns.get(c).attnum()).append(',');
      }
    }
    return attnums == null ? null : attnums.toString();
  }

  private SinkException.Rejected nameless() {
    return new SinkException.Rejected(
        batch.table(),
        "Cannot apply changes to "
            + batch.table()
            + ": a row was changed whose key, or whole old row, is not in the log. Set REPLICA"
            + " IDENTITY FULL for the table and copy it again.",
        null);
  }
}
