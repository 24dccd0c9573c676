package io.tidemark.engine.transform;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ChangeBatch.Before;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TablePatterns;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.transform.Transform;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps the rows for which a condition holds, so that the copy at each tidemark has exactly the
 * source's rows that fit then. A row that an UPDATE moves out of the condition leaves the copy as a
 * delete; one that it moves in arrives.
 *
 * <p>What can be judged depends on what the log carries of old rows. Under REPLICA IDENTITY FULL
 * both rows are judged. Else a condition on key columns judges the old key; on other columns the
 * new row alone is judged, every delete passes (deleting what is not there changes nothing), and an
 * update that the condition does not fit becomes a delete. An out-of-line value that an UPDATE did
 * not touch is not in the log: a condition may not read columns that can have such values, unless
 * the identity is FULL or {@code inline} vouches for them; and where a row may have moved in
 * without such a value, the table fails rather than that a value is guessed. A TRUNCATE always
 * passes. A row for which the condition itself fails passes too, with a {@linkplain
 * ChangeBatch#refuse refusal} on it: what becomes of it is the policy's matter, and all transforms
 * behind this one still see it.
 */
final class RowFilter implements Transform {
  private static final String NAME = "filter";

  private final TablePatterns tables;
  private final String where;
  private final List<String> inline;
  private final Map<TableSchema, Judge> judges = new HashMap<>();

  /**
   * Makes a filter.
   *
   * @param where the condition
   * @param inline names of columns that are known never to be stored out of line
   */
  RowFilter(TablePatterns tables, String where, List<String> inline) {
    this.tables = tables;
    this.where = where;
    this.inline = List.copyOf(inline);
  }

  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    if (tables.fit(schema.name())) {
      judge(schema);
    }
    return Optional.of(schema);
  }

  @Override
  public boolean alters(TableSchema schema) {
    return tables.fit(schema.name());
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    return tables.fit(batch.table()) ? judge(batch.schema()).filter(batch) : batch;
  }

  private Judge judge(TableSchema schema) {
    Judge known = judges.get(schema);
    if (known == null) {
      known = new Judge(schema, compile(schema));
      judges.keySet().removeIf(old -> old.name().equals(schema.name()));
      judges.put(schema, known);
    }
    return known;
  }

  private RowExpression compile(TableSchema schema) {
    RowExpression expression;
    try {
      expression = RowExpression.compile(where, schema);
    } catch (IllegalArgumentException e) {
      throw Misfit.of(NAME, schema.name(), "the condition does not fit: " + e.getMessage() + ".");
    }
    boolean judged =
        schema.identity() == ReplicaIdentity.FULL || schema.identity() == ReplicaIdentity.NOTHING;
    for (int place : expression.columns()) {
      Column column = schema.columns().get(place);
      if (!judged
          && !schema.key().contains(column.attnum())
          && !inline.contains(column.name())
          && mayBeOutOfLine(column.type())) {
        throw Misfit.of(
            NAME,
            schema.name(),
            "column '"
                + column.name()
                + "' may be stored out of line, and then an UPDATE that does not touch it does not"
                + " carry it. Set REPLICA IDENTITY FULL on the table, filter on the key or on"
                + " columns of fixed length, or name the column under 'inline' if its values are"
                + " always short.");
      }
    }
    return expression;
  }

  private static boolean mayBeOutOfLine(DataType type) {
    boolean fixed =
        type instanceof DataType.Bool
            || type instanceof DataType.Int
            || type instanceof DataType.Float
            || type instanceof DataType.Date
            || type instanceof DataType.Time
            || type instanceof DataType.Timestamp
            || type instanceof DataType.Uuid;
    // Values below 24 bytes are never moved out of line, and these take 18 at most.
    return !fixed && !(type instanceof DataType.Decimal decimal && decimal.isLong());
  }

  /** Judges the rows of one form. */
  private static final class Judge {
    private final TableSchema schema;
    private final RowExpression expression;
    private final boolean full;
    private final boolean keyAlone;

    Judge(TableSchema schema, RowExpression expression) {
      this.schema = schema;
      this.expression = expression;
      this.full = schema.identity() == ReplicaIdentity.FULL;
      this.keyAlone =
          schema.hasKey()
              && expression.columns().stream()
                  .allMatch(at -> schema.key().contains(schema.columns().get(at).attnum()));
    }

    ChangeBatch filter(ChangeBatch batch) {
      ChangeBatch kept = new ChangeBatch(schema);
      boolean same = true;
      for (int i = 0; i < batch.size(); i++) {
        try {
          same &= judge(batch, i, kept);
        } catch (RowExpression.Unjudged e) {
          same = false;
          requireWhole(batch, i);
          kept.addFrom(batch, i);
          kept.refuse(e.getMessage());
        }
      }
      return same ? batch : kept;
    }

    /** Adds what remains of a row; true when it remains as it is. */
    private boolean judge(ChangeBatch batch, int i, ChangeBatch kept) {
      Op op = batch.op(i);
      if (op == Op.UPDATE) {
        return update(batch, i, kept);
      }
      boolean judged = op != Op.DELETE || full || keyAlone;
      if (op != Op.TRUNCATE && judged && !expression.holds(row(batch.columns(), i))) {
        return false;
      }
      kept.addFrom(batch, i);
      return true;
    }

    private boolean update(ChangeBatch batch, int i, ChangeBatch kept) {
      Before before = batch.beforeKind(i);
      boolean now = expression.holds(newRow(batch, i));
      boolean known = keyAlone || before == Before.FULL;
      boolean was =
          !known || (before == Before.NONE ? now : expression.holds(row(batch.before(), i)));
      if (was && now) {
        if (!known) {
          requireWhole(batch, i);
        }
        kept.addFrom(batch, i);
        return true;
      }
      if (was) {
        leave(batch, i, kept);
      } else if (now) {
        enter(batch, i, kept);
      }
      return false;
    }

    private static RowExpression.Row row(List<ColumnData> data, int i) {
      return RowExpression.row(data, i);
    }

    /** The new row, unchanged values taken from the old row where the log has it. */
    private static RowExpression.Row newRow(ChangeBatch batch, int i) {
      if (batch.beforeKind(i) != Before.FULL) {
        return row(batch.columns(), i);
      }
      return new RowExpression.Row() {
        @Override
        public ColumnData column(int column) {
          ColumnData fresh = batch.columns().get(column);
          return fresh.isUnchanged(i) ? batch.before().get(column) : fresh;
        }

        @Override
        public int at(int column) {
          return i;
        }
      };
    }

    /** The row is no longer in the copy: a delete of its old key or row. */
    private void leave(ChangeBatch batch, int i, ChangeBatch kept) {
      addMeta(batch, i, Op.DELETE, kept);
      Before before = batch.beforeKind(i);
      List<ColumnData> old = before == Before.NONE ? batch.columns() : batch.before();
      for (int c = 0; c < old.size(); c++) {
        boolean carried =
            before == Before.FULL || schema.key().contains(schema.columns().get(c).attnum());
        if (carried) {
          kept.columns().get(c).addFrom(old.get(c), i);
        } else {
          kept.columns().get(c).vector().addNull();
        }
      }
    }

    /** The row was not in the copy: an insert of the new row, which must be whole. */
    private void enter(ChangeBatch batch, int i, ChangeBatch kept) {
      if (batch.beforeKind(i) != Before.FULL) {
        requireWhole(batch, i);
      }
      addMeta(batch, i, Op.CREATE, kept);
      RowExpression.Row row = newRow(batch, i);
      for (int c = 0; c < kept.columns().size(); c++) {
        kept.columns().get(c).addFrom(row.column(c), i);
      }
    }

    private static void addMeta(ChangeBatch batch, int i, Op op, ChangeBatch kept) {
      kept.addRow(op, batch.commitLsn(i), batch.ordinal(i), batch.xid(i), batch.committedAt(i));
      if (batch.leaf(i) != null) {
        kept.leaf(batch.leaf(i));
      }
    }

    private void requireWhole(ChangeBatch batch, int i) {
      for (int c = 0; c < batch.columns().size(); c++) {
        if (batch.columns().get(c).isUnchanged(i)) {
          throw Misfit.of(
              NAME,
              schema.name(),
              "an UPDATE may have moved a row into the condition, and the log left out its value of"
                  + " column '"
                  + schema.columns().get(c).name()
                  + "'. Set REPLICA IDENTITY FULL on the table, or filter on the key.");
        }
      }
    }
  }
}
