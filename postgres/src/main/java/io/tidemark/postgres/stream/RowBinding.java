package io.tidemark.postgres.stream;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import io.tidemark.postgres.type.ColumnCodec;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/** How the values of one relation's rows reach the columns of a table's batch. */
final class RowBinding {
  /** What a row takes in a batch beside its values, and each column of it at least. */
  private static final int ROW_BYTES = 40;

  private static final int COLUMN_BYTES = 8;

  final TableRows table;
  final TableSchema schema;
  final String leaf;
  private final Relation relation;
  private final int[] targets;
  private final ColumnCodec[] codecs;
  private final int[] unfilled;

  RowBinding(
      TableRows table, TableSchema schema, Relation relation, RelationResolver.Resolved resolved) {
    this.table = table;
    this.schema = schema;
    this.relation = relation;
    this.leaf = resolved.leaf().orElse(null);
    this.targets = resolved.targets();
    this.codecs = resolved.codecs().toArray(ColumnCodec[]::new);
    boolean[] filled = new boolean[schema.columns().size()];
    if (targets.length != relation.columns().size() || codecs.length != targets.length) {
      throw unfit("it has " + relation.columns().size() + " columns, not " + targets.length);
    }
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] >= 0) {
        if (targets[i] >= filled.length || filled[targets[i]] || codecs[i] == null) {
          throw unfit("column " + i + " has no single place in the table");
        }
        filled[targets[i]] = true;
      }
    }
    this.unfilled = IntStream.range(0, filled.length).filter(i -> !filled[i]).toArray();
  }

  /**
   * Rows that were decoded by another binding of the same relation, in the form of this one.
   *
   * @throws StaleFormException where their values would be read otherwise now
   */
  ChangeBatch take(ChangeBatch batch, RowBinding by) {
    if (!relation.equals(by.relation) || !Objects.equals(leaf, by.leaf)) {
      throw stale(batch);
    }
    List<ColumnData> before = batch.hasBefore() ? placed(batch, batch.before(), by) : null;
    return batch.as(schema, placed(batch, batch.columns(), by), before);
  }

  private List<ColumnData> placed(ChangeBatch batch, List<ColumnData> columns, RowBinding by) {
    ColumnData[] result = new ColumnData[schema.columns().size()];
    for (int i = 0; i < targets.length; i++) {
      if (targets[i] >= 0) {
        int source = by.targets[i];
        DataType type = schema.columns().get(targets[i]).type();
        if (source < 0 || !by.schema.columns().get(source).type().equals(type)) {
          throw stale(batch);
        }
        result[targets[i]] = columns.get(source);
      }
    }
    for (int index : unfilled) {
      result[index] = new ColumnData(Vector.of(schema.columns().get(index).type()));
      for (int row = 0; row < batch.size(); row++) {
        result[index].vector().addNull();
      }
    }
    return List.of(result);
  }

  private StaleFormException stale(ChangeBatch batch) {
    return new StaleFormException(
        relation.schema() + "." + relation.name(), batch.size() == 0 ? 0 : batch.commitLsn(0));
  }

  /** Number of values in a row. */
  int width() {
    return targets.length;
  }

  /** The index of the table's column that wire column {@code i} fills, -1 for none. */
  int target(int i) {
    return targets[i];
  }

  /** How values of wire column {@code i} are read. */
  ColumnCodec codec(int i) {
    return codecs[i];
  }

  /** Indexes of the table's columns that no wire column fills. */
  int[] unfilled() {
    return unfilled;
  }

  /** Name of wire column {@code i}. */
  String columnName(int i) {
    return relation.columns().get(i).name();
  }

  /** Bytes of memory that a row takes at least, beside its values. */
  int overhead() {
    return ROW_BYTES + COLUMN_BYTES * schema.columns().size();
  }

  private IllegalStateException unfit(String reason) {
    return new IllegalStateException(
        "Cannot give rows of relation "
            + relation.oid()
            + " to table "
            + schema.name()
            + ": "
            + reason
            + ". This is a defect of the resolver.");
  }
}
