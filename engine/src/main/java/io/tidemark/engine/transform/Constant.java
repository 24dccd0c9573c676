package io.tidemark.engine.transform;

import io.tidemark.api.model.BooleanVector;
import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.LongVector;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TablePatterns;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import io.tidemark.api.transform.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Adds a column that has the same value in every row, those from before it included. */
record Constant(TablePatterns tables, String column, Kind kind, String value) implements Transform {
  private static final String NAME = "constant";

  /** PostgreSQL allows 1,600 columns, so numbers above are free. */
  private static final int FIRST_ATTNUM = 2_000;

  /** The type of the column. */
  enum Kind {
    TEXT,
    BIGINT,
    BOOLEAN
  }

  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    if (!tables.fit(schema.name())) {
      return Optional.of(schema);
    }
    if (schema.column(column).isPresent()) {
      throw Misfit.of(
          NAME, schema.name(), "it has a column '" + column + "'. Choose another name.");
    }
    int last = schema.columns().stream().mapToInt(Column::attnum).max().orElse(0);
    List<Column> columns = new ArrayList<>(schema.columns());
    columns.add(described(Math.max(FIRST_ATTNUM, last + 1)));
    return Optional.of(Misfit.with(schema, columns));
  }

  private Column described(int attnum) {
    DataType type =
        switch (kind) {
          case TEXT -> new DataType.Text();
          case BIGINT -> new DataType.Int(64);
          case BOOLEAN -> new DataType.Bool();
        };
    int oid =
        switch (kind) {
          case TEXT -> 25;
          case BIGINT -> 20;
          case BOOLEAN -> 16;
        };
    String pgType = kind.name().toLowerCase(java.util.Locale.ROOT);
    String text = kind == Kind.BOOLEAN ? value.substring(0, 1) : value;
    return new Column(attnum, column, type, pgType, oid, -1, false, false, Optional.of(text));
  }

  @Override
  public boolean alters(TableSchema schema) {
    return tables.fit(schema.name());
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    if (!tables.fit(batch.table())) {
      return batch;
    }
    TableSchema schema = schema(batch.schema()).orElseThrow();
    DataType type = schema.columns().get(schema.columns().size() - 1).type();
    Vector values = Vector.of(type, Math.max(1, batch.size()));
    Vector old = Vector.of(type, Math.max(1, batch.size()));
    for (int i = 0; i < batch.size(); i++) {
      append(values, batch.op(i) != Op.TRUNCATE);
      append(old, batch.beforeKind(i) == ChangeBatch.Before.FULL);
    }
    List<ColumnData> columns = new ArrayList<>(batch.columns());
    columns.add(new ColumnData(values));
    List<ColumnData> before = null;
    if (batch.hasBefore()) {
      before = new ArrayList<>(batch.before());
      before.add(new ColumnData(old));
    }
    return batch.as(schema, columns, before);
  }

  private void append(Vector to, boolean given) {
    if (!given) {
      to.addNull();
    } else if (to instanceof BytesVector texts) {
      texts.add(value);
    } else if (to instanceof LongVector numbers) {
      numbers.add(Long.parseLong(value));
    } else if (to instanceof BooleanVector bools) {
      bools.add(Boolean.parseBoolean(value));
    }
  }
}
