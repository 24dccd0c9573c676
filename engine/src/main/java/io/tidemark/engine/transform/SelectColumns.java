package io.tidemark.engine.transform;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TablePatterns;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.transform.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Leaves columns out, but never those of the key: without them rows could not be told apart. A
 * column that is named for a table by the table's very name must be there.
 *
 * @param include names to keep; empty for all
 * @param exclude names to leave out
 */
record SelectColumns(TablePatterns tables, List<String> include, List<String> exclude)
    implements Transform {
  private static final String NAME = "columns";

  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    if (!tables.fit(schema.name())) {
      return Optional.of(schema);
    }
    if (tables.name(schema.name())) {
      for (List<String> names : List.of(include, exclude)) {
        for (String name : names) {
          if (schema.column(name).isEmpty()) {
            throw Misfit.missing(NAME, schema, name);
          }
        }
      }
    }
    for (Column column : schema.keyColumns()) {
      if (!keeps(column)) {
        throw Misfit.of(
            NAME,
            schema.name(),
            "column '" + column.name() + "' is part of the key. Keep it, or mask it by hash.");
      }
    }
    return Optional.of(Misfit.with(schema, schema.columns().stream().filter(this::keeps).toList()));
  }

  private boolean keeps(Column column) {
    return (include.isEmpty() || include.contains(column.name()))
        && !exclude.contains(column.name());
  }

  @Override
  public boolean alters(TableSchema schema) {
    return false;
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    if (!tables.fit(batch.table())) {
      return batch;
    }
    List<ColumnData> columns = new ArrayList<>();
    List<ColumnData> before = batch.hasBefore() ? new ArrayList<>() : null;
    for (int i = 0; i < batch.columns().size(); i++) {
      if (keeps(batch.schema().columns().get(i))) {
        columns.add(batch.columns().get(i));
        if (before != null) {
          before.add(batch.before().get(i));
        }
      }
    }
    return batch.as(schema(batch.schema()).orElseThrow(), columns, before);
  }
}
