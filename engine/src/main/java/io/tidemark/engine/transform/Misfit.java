package io.tidemark.engine.transform;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import java.util.List;

/** Says that a transform does not fit a table, and makes the forms that fit. */
final class Misfit {
  private Misfit() {}

  /** A failure that names the transform, the table, the reason and what to do. */
  static TidemarkException of(String transform, TableName table, String reason) {
    return new TidemarkException(
        ErrorCode.CONFIGURATION,
        "Cannot apply transform " + transform + " to table " + table + ": " + reason);
  }

  /** The failure for a column that is not there. */
  static TidemarkException missing(String transform, TableSchema schema, String column) {
    List<String> names = schema.columns().stream().map(Column::name).toList();
    return of(
        transform,
        schema.name(),
        "it has no column '" + column + "'" + io.tidemark.api.config.Suggestion.of(column, names));
  }

  /** A form with other columns. */
  static TableSchema with(TableSchema schema, List<Column> columns) {
    return new TableSchema(
        schema.name(),
        schema.relationOid(),
        schema.version(),
        columns,
        schema.key(),
        schema.identity(),
        schema.partitioned());
  }
}
