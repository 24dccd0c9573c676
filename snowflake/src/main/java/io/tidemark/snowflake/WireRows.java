package io.tidemark.snowflake;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.DoubleVector;
import io.tidemark.api.model.FloatVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.Vector;
import io.tidemark.api.sink.SinkException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Turns changes of one version of a table into rows of a piece. */
final class WireRows {
  private final TableSchema schema;
  private final List<Wire> wires;
  private final TableSchema form;
  private final long maxValueBytes;

  WireRows(TableSchema schema, List<Wire> wires, long maxValueBytes) {
    this.schema = schema;
    this.wires = wires;
    this.maxValueBytes = maxValueBytes;
    List<Column> columns = new ArrayList<>();
    for (int i = 0; i < wires.size(); i++) {
      Wire wire = wires.get(i);
      columns.add(
          new Column(i + 1, wire.name(), wire.held(), "", 0, -1, false, false, Optional.empty()));
    }
    this.form =
        new TableSchema(
            schema.name(),
            schema.relationOid(),
            schema.version(),
            columns,
            List.of(),
            ReplicaIdentity.NOTHING,
            false);
  }

  /** The form of the rows that {@link #of} gives. */
  TableSchema form() {
    return form;
  }

  /**
   * The same changes as rows of a piece.
   *
   * @throws SinkException.Rejected when a value is too long, or a row's key is not known
   */
  ChangeBatch of(ChangeBatch batch, Facts facts) throws SinkException.Rejected {
    ChangeBatch rows = new ChangeBatch(form);
    for (int i = 0; i < batch.size(); i++) {
      rows.addRow(
          batch.op(i), batch.commitLsn(i), batch.ordinal(i), batch.xid(i), batch.committedAt(i));
    }
    for (int w = 0; w < wires.size(); w++) {
      ColumnData to = rows.columns().get(w);
      Wire wire = wires.get(w);
      for (int i = 0; i < batch.size(); i++) {
        if (wire.attnum() == 0) {
          row(wire, batch, i, to.vector());
        } else {
          cell(wire, batch, i, to.vector(), facts);
        }
      }
    }
    for (int i = 0; i < batch.size(); i++) {
      facts.note(batch, i, moved(batch, i));
    }
    return rows;
  }

  /** The place of a change among all of its table, as text that sorts like it. */
  static String position(long lsn, long ordinal) {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(lsn) + hex.toHexDigits(ordinal);
  }

  private void row(Wire wire, ChangeBatch batch, int i, Vector to) {
    switch (wire.name()) {
      case Wire.POS -> text(to, position(batch.commitLsn(i), batch.ordinal(i)));
      case Wire.OP -> text(to, Character.toString(batch.op(i).code()));
      case Wire.SNAP -> ((BooleanVector) to).add(isOfSnapshot(batch, i));
      case Wire.MOVED -> ((BooleanVector) to).add(moved(batch, i));
      default -> text(to, batch.leaf(i));
    }
  }

  /** Whether a row is one of a snapshot of the whole table, or begins an attempt at one. */
  static boolean isOfSnapshot(ChangeBatch batch, int i) {
    return batch.op(i) == Op.READ
        || batch.op(i) == Op.TRUNCATE && batch.xid(i) == 0 && batch.leaf(i) == null;
  }

  private boolean moved(ChangeBatch batch, int i) {
    if (batch.beforeKind(i) == Before.NONE || batch.op(i) != Op.UPDATE) {
      return false;
    }
    return !schema.hasKey()
        || schema.key().stream()
            .map(schema::indexOf)
            .anyMatch(
                c ->
                    !batch.columns().get(c).isUnchanged(i)
                        && !same(batch.columns().get(c), batch.before().get(c), i));
  }

  private void cell(Wire wire, ChangeBatch batch, int i, Vector to, Facts facts)
      throws SinkException.Rejected {
    int at = schema.indexOf(wire.attnum());
    Column column = schema.columns().get(at);
    ColumnData now = batch.columns().get(at);
    boolean old = batch.beforeKind(i) != Before.NONE;
    // the old row has what the new one leaves out
    boolean known =
        old && (batch.beforeKind(i) == Before.FULL || schema.key().contains(wire.attnum()));
    ColumnData from = now.isUnchanged(i) && known ? batch.before().get(at) : now;
    if (schema.key().contains(wire.attnum()) && from.isUnchanged(i)) {
      throw rejected(
          "the key of a row is not in the log as a whole. Set REPLICA IDENTITY FULL for the table"
              + " and copy it again");
    }
    switch (wire.name().charAt(0)) {
      case 'C' -> value(wire, column.type(), from, i, to);
      case 'R' -> raw(column, from, i, to, facts);
      case 'U' -> ((BooleanVector) to).add(from.isUnchanged(i));
      case 'O' -> {
        if (old) {
          value(wire, column.type(), batch.before().get(at), i, to);
        } else {
          to.addNull();
        }
      }
      default -> {
        if (old) {
          raw(column, batch.before().get(at), i, to, facts);
        } else {
          to.addNull();
        }
      }
    }
  }

  private void value(Wire wire, DataType type, ColumnData from, int i, Vector to)
      throws SinkException.Rejected {
    if (from.vector().isNull(i)) {
      to.addNull();
    } else if (!(wire.held() instanceof DataType.Text)) {
      if (from.vector() instanceof FloatVector floats) {
        ((DoubleVector) to).add(floats.get(i));
      } else {
        to.addFrom(from.vector(), i);
      }
    } else if (type instanceof DataType.Text || type instanceof DataType.Json) {
      BytesVector bytes = (BytesVector) from.vector();
      limit(bytes.length(i));
      to.addFrom(bytes, i);
    } else {
      ValueText.Said said = ValueText.of(type, from.vector(), i);
      limit(said.text().length());
      text(to, said.held() ? said.text() : null);
    }
  }

  private void raw(Column column, ColumnData from, int i, Vector to, Facts facts)
      throws SinkException.Rejected {
    String raw = from.raw(i);
    if (raw == null && !from.vector().isNull(i) && isDated(column.type())) {
      ValueText.Said said = ValueText.of(column.type(), from.vector(), i);
      raw = said.held() ? null : said.text();
    }
    if (raw != null) {
      limit(raw.length());
      facts.raw(column.attnum());
    }
    text(to, raw);
  }

  private static boolean isDated(DataType type) {
    return type instanceof DataType.Date || type instanceof DataType.Timestamp;
  }

  private void limit(long bytes) throws SinkException.Rejected {
    if (bytes > maxValueBytes) {
      throw rejected(
          "a value has "
              + bytes
              + " bytes as text, and max-value-size is "
              + maxValueBytes
              + ". Raise max-value-size if the account takes larger values, or leave the column"
              + " out by a transform");
    }
  }

  private SinkException.Rejected rejected(String reason) {
    return new SinkException.Rejected(
        schema.name(), "Cannot write rows of " + schema.name() + ": " + reason + ".", null);
  }

  private static void text(Vector to, String text) {
    if (text == null) {
      to.addNull();
    } else {
      ((BytesVector) to).add(text);
    }
  }

  /** Whether a value is the same now and before. */
  private static boolean same(ColumnData now, ColumnData before, int i) {
    if (now.vector().isNull(i) || before.vector().isNull(i)) {
      return now.vector().isNull(i) == before.vector().isNull(i)
          && java.util.Objects.equals(now.raw(i), before.raw(i));
    }
    return SameValue.at(now.vector(), before.vector(), i);
  }
}
