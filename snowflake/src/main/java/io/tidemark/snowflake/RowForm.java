package io.tidemark.snowflake;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One version of the source's form of a table, with Snowflake's types.
 *
 * @param version of the source's form
 * @param columns in the order of their attribute numbers
 * @param key attribute numbers of the key, empty for a multiset of rows
 * @param insertOnly whether the log has no deletes, so that one insert ends an earlier one
 * @param partitioned whether rows carry their leaf partition
 */
record RowForm(
    int version, List<Part> columns, List<Integer> key, boolean insertOnly, boolean partitioned) {
  /**
   * A column.
   *
   * @param type Snowflake's type
   * @param backfill the value that rows older than the column have, in SQL
   * @param rawBackfill its text in SQL, where the type cannot hold it
   */
  record Part(int attnum, String name, String type, String backfill, String rawBackfill) {}

  RowForm {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  static RowForm of(TableSchema schema, SnowflakeTypes types) {
    List<Part> parts = new ArrayList<>();
    for (Column column : schema.columns()) {
      String type = types.name(column.type());
      Backfill backfill = Backfill.of(column, type);
      parts.add(new Part(column.attnum(), column.name(), type, backfill.value(), backfill.raw()));
    }
    return new RowForm(
        schema.version(),
        parts,
        schema.key(),
        schema.identity() == TableSchema.ReplicaIdentity.NOTHING,
        schema.partitioned());
  }

  Optional<Part> part(int attnum) {
    return columns.stream().filter(part -> part.attnum() == attnum).findFirst();
  }
}
