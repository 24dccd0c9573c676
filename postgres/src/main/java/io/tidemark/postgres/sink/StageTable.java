package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkException.RowsRejected;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.copy.CopyIn;

/**
 * Takes batches of one version of a table's form into a temporary table: outside the target's log,
 * seen by this session alone, and gone with it. Its columns have the types of the copy, so a value
 * that the copy cannot hold is refused here, with its batch.
 */
final class StageTable {
  /** Fewer rows are deleted, which leaves the target's catalog alone. */
  private static final long WORTH_TRUNCATE = 10_000;

  /** Rows that were sealed together. */
  private static final class Piece {
    private Ops ops = Ops.NONE;
    private long rows;
  }

  /** A batch that waits to be sent. */
  private record Kept(ChangeBatch batch, long piece) {}

  private final TargetSession session;
  private final String name;
  private final TableSchema schema;
  private final TargetForm form;
  private final List<TargetColumn> columns = new ArrayList<>();
  private final Map<Long, Piece> pieces = new HashMap<>();

  /** What waits to be sent, in order; the front leaves it as it is sent or refused. */
  private final List<Kept> kept = new ArrayList<>();

  /** Rows of pieces that were committed, beside others that were not. */
  private long stale;

  /** Rows that were deleted since it was truncated last. */
  private long dead;

  StageTable(
      TargetSession session,
      String name,
      TableSchema schema,
      TargetForm form,
      PostgresSinkConfig.Apply apply)
      throws SQLException {
    this.session = session;
    this.name = name;
    this.schema = schema;
    this.form = form;
    StringBuilder defined =
        new StringBuilder(Segment.OWN_DEFINED).append(", ").append(Segment.PIECE).append(" int8");
    for (int c = 0; c < schema.columns().size(); c++) {
      TargetForm.Part part = form.columns().get(c);
      columns.add(new TargetColumn(schema.columns().get(c), part.type()));
      defined.append(", ").append(part.staged()).append(' ').append(part.type());
    }
    session.execute("CREATE TEMP TABLE " + name + " (" + defined + ")");
    if (apply == PostgresSinkConfig.Apply.TRANSACTIONAL) {
      session.execute("CREATE INDEX ON " + name + " (" + Segment.PIECE + ")");
    }
  }

  String name() {
    return name;
  }

  TableSchema schema() {
    return schema;
  }

  /** Rows of a piece. */
  long rows(long piece) {
    return pieces.get(piece).rows;
  }

  boolean holds(long piece) {
    return pieces.containsKey(piece);
  }

  boolean isEmpty() {
    return pieces.isEmpty();
  }

  /** Takes a batch, or nothing of it. */
  void add(ChangeBatch batch, long piece) throws SQLException, SinkException.Rejected {
    add(List.of(batch), piece);
  }

  /** Takes all batches, or nothing of them. */
  void add(List<ChangeBatch> batches, long piece) throws SQLException, SinkException.Rejected {
    copy(batches.stream().map(batch -> new Kept(batch, piece)).toList());
    batches.forEach(batch -> count(batch, piece));
  }

  /** Takes a batch that {@link #send} will send. */
  void keep(ChangeBatch batch, long piece) {
    kept.add(new Kept(batch, piece));
    count(batch, piece);
  }

  private void count(ChangeBatch batch, long number) {
    pieces.computeIfAbsent(number, at -> new Piece()).rows += batch.size();
  }

  /**
   * Sends what was kept, by one COPY if nothing of it is refused. Where it fails, what is left is
   * sent by the next call.
   *
   * @param rejected takes the rows that are refused
   */
  void send(TargetFailure failure, MadeTypes types, List<RowsRejected.Row> rejected)
      throws SQLException {
    if (!kept.isEmpty()) {
      send(kept.size(), failure, types, rejected);
    }
  }

  /** Sends so many batches from the front. */
  private void send(
      int count, TargetFailure failure, MadeTypes types, List<RowsRejected.Row> rejected)
      throws SQLException {
    SinkException.Rejected why;
    try {
      copy(kept.subList(0, count));
      kept.subList(0, count).clear();
      return;
    } catch (SinkException.Rejected e) {
      why = e;
    } catch (SQLException e) {
      if (!TargetFailure.isOfRows(e)) {
        throw e;
      }
      if (types.lift(e)) {
        send(count, failure, types, rejected);
        return;
      }
      why = failure.rejected(schema.name(), e);
    }
    if (count > 1) {
      send(count / 2, failure, types, rejected);
      send(count - count / 2, failure, types, rejected);
      return;
    }
    Kept one = kept.remove(0);
    int size = one.batch().size();
    if (size > 1) {
      kept.addAll(0, List.of(part(one, 0, size / 2), part(one, size / 2, size)));
      send(1, failure, types, rejected);
      send(1, failure, types, rejected);
      return;
    }
    rejected.add(new RowsRejected.Row(one.batch().commitLsn(0), one.batch().ordinal(0), why));
  }

  private static Kept part(Kept whole, int from, int to) {
    ChangeBatch part = new ChangeBatch(whole.batch().schema());
    for (int i = from; i < to; i++) {
      part.addFrom(whole.batch(), i);
    }
    return new Kept(part, whole.piece());
  }

  private void copy(List<Kept> batches) throws SQLException, SinkException.Rejected {
    boolean binary = batches.stream().allMatch(each -> isBinary(each.batch()));
    CopyIn copy =
        session.copyIn("COPY " + name + " FROM STDIN" + (binary ? " (FORMAT binary)" : ""));
    Map<Long, Ops> found = new HashMap<>();
    try (CopyFormat out = binary ? new BinaryCopy(copy) : new TextCopy(copy)) {
      for (Kept each : batches) {
        StagedRows staged = new StagedRows(each.batch(), form, columns, each.piece(), out);
        staged.write();
        found.merge(each.piece(), staged.ops(), Ops::and);
      }
      out.end();
    }
    found.forEach(
        (number, ops) -> {
          Piece piece = pieces.computeIfAbsent(number, at -> new Piece());
          piece.ops = piece.ops.and(ops);
        });
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

  /** A piece, which was sent. */
  Segment segment(long number) {
    boolean alone = pieces.size() == 1 && stale == 0;
    String rows = alone ? Segment.ALL : "n." + Segment.PIECE + " = " + number;
    return new Segment(name, form, pieces.get(number).ops, rows);
  }

  /** A piece is of no use any more. */
  void forget(long number) {
    stale += pieces.remove(number).rows;
  }

  /** Empties it. */
  void clear() throws SQLException {
    if (dead + stale >= WORTH_TRUNCATE) {
      session.execute("TRUNCATE " + name);
      dead = 0;
    } else {
      session.execute("DELETE FROM " + name);
      dead += stale;
    }
    stale = 0;
  }
}
