package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.copy.CopyIn;

/**
 * Takes batches of one version of a table's form into a temporary table: outside the target's log,
 * seen by this session alone, and gone with it. Its columns have the types of the copy, so a value
 * that the copy cannot hold is refused here, with its batch.
 */
final class StageTable {
  private final TargetSession session;
  private final String name;
  private final TableSchema schema;
  private final TargetForm form;
  private final List<TargetColumn> columns = new ArrayList<>();
  private Ops ops = Ops.NONE;
  private long rows;

  StageTable(TargetSession session, String name, TableSchema schema, TargetForm form)
      throws SQLException {
    this.session = session;
    this.name = name;
    this.schema = schema;
    this.form = form;
    StringBuilder defined = new StringBuilder(Segment.OWN_DEFINED);
    for (int c = 0; c < schema.columns().size(); c++) {
      TargetForm.Part part = form.columns().get(c);
      columns.add(new TargetColumn(schema.columns().get(c), part.type()));
      defined.append(", ").append(part.staged()).append(' ').append(part.type());
    }
    session.execute("CREATE TEMP TABLE " + name + " (" + defined + ")");
  }

  String name() {
    return name;
  }

  TableSchema schema() {
    return schema;
  }

  TargetForm form() {
    return form;
  }

  long rows() {
    return rows;
  }

  /** Takes a batch, or nothing of it. */
  void add(ChangeBatch batch) throws SQLException, SinkException.Rejected {
    boolean binary = isBinary(batch);
    CopyIn copy =
        session.copyIn("COPY " + name + " FROM STDIN" + (binary ? " (FORMAT binary)" : ""));
    try (CopyFormat out = binary ? new BinaryCopy(copy) : new TextCopy(copy)) {
      StagedRows staged = new StagedRows(batch, form, columns, out);
      staged.write();
      ops = ops.and(staged.ops());
    }
    rows += batch.size();
  }

  private boolean isBinary(ChangeBatch batch) {
    for (int c = 0; c < columns.size(); c++) {
      ColumnData old = batch.hasBefore() ? batch.before().get(c) : batch.columns().get(c);
      if (!columns.get(c).isBinary(batch.columns().get(c)) || !columns.get(c).isBinary(old)) {
        return false;
      }
    }
    return true;
  }

  /** What was taken. */
  Segment segment() {
    return new Segment(name, form, ops);
  }

  /** Empties it. */
  void clear() throws SQLException {
    session.execute("TRUNCATE " + name);
    ops = Ops.NONE;
    rows = 0;
  }
}
