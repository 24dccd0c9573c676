package io.tidemark.engine.transform;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.transform.Transform;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives a table, its columns, or both other names. Columns keep their attribute numbers, so a
 * rename here is a rename in the copy.
 */
record Rename(TableName table, TableName to, Map<String, String> columns) implements Transform {
  private static final String NAME = "rename";

  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    if (!schema.name().equals(table)) {
      return Optional.of(schema);
    }
    for (String old : columns.keySet()) {
      if (schema.column(old).isEmpty()) {
        throw Misfit.missing(NAME, schema, old);
      }
    }
    List<Column> renamed = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Column column : schema.columns()) {
      String name = columns.getOrDefault(column.name(), column.name());
      if (!names.add(name)) {
        throw Misfit.of(
            NAME, table, "two columns would be called '" + name + "'. Choose another name.");
      }
      renamed.add(named(column, name));
    }
    return Optional.of(
        new TableSchema(
            to,
            schema.relationOid(),
            schema.version(),
            renamed,
            schema.key(),
            schema.identity(),
            schema.partitioned()));
  }

  private static Column named(Column column, String name) {
    return new Column(
        column.attnum(),
        name,
        column.type(),
        column.pgType(),
        column.typeOid(),
        column.typmod(),
        column.notNull(),
        column.generated(),
        column.backfill());
  }

  @Override
  public boolean alters(TableSchema schema) {
    return false;
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    return batch.table().equals(table)
        ? batch.as(
            schema(batch.schema()).orElseThrow(),
            batch.columns(),
            batch.hasBefore() ? batch.before() : null)
        : batch;
  }
}
