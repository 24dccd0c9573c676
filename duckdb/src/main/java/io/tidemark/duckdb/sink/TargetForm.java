package io.tidemark.duckdb.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import io.tidemark.duckdb.ColumnTypes;
import io.tidemark.duckdb.PgLiteral;
import io.tidemark.duckdb.SqlText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The form of a table as the file has it, or shall have it.
 *
 * @param version of the source's form
 * @param columns in the order of their attribute numbers
 * @param key attribute numbers of the key, empty for a multiset of rows
 * @param insertOnly whether the log has no deletes, so that one insert ends an earlier one
 * @param partitioned whether rows carry their leaf partition
 */
record TargetForm(
    int version, List<Part> columns, List<Integer> key, boolean insertOnly, boolean partitioned) {
  /** The column that holds a row's leaf partition. */
  static final String LEAF = "_partition";

  static final String RAW = "__raw";

  /**
   * A column.
   *
   * @param type DuckDB's type
   * @param backfill SQL of the value that rows older than the column have
   * @param raw whether there is a column beside it for values that the type cannot hold
   */
  record Part(int attnum, String name, String type, String backfill, boolean raw) {
    String rawName() {
      return name + RAW;
    }

    Part withRaw() {
      return new Part(attnum, name, type, backfill, true);
    }
  }

  TargetForm {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  static TargetForm of(TableSchema schema) {
    List<Part> parts = new ArrayList<>();
    for (Column column : schema.columns()) {
      String type = ColumnTypes.name(column.type());
      String backfill =
          column.backfill().map(text -> PgLiteral.of(column, text)).orElse("NULL::" + type);
      parts.add(new Part(column.attnum(), column.name(), type, backfill, false));
    }
    return new TargetForm(
        schema.version(),
        parts,
        schema.key(),
        schema.identity() == TableSchema.ReplicaIdentity.NOTHING,
        schema.partitioned());
  }

  boolean hasKey() {
    return !key.isEmpty();
  }

  Optional<Part> part(int attnum) {
    return columns.stream().filter(part -> part.attnum() == attnum).findFirst();
  }

  List<Part> keyParts() {
    return key.stream().map(attnum -> part(attnum).orElseThrow()).toList();
  }

  /** The same with raw columns at these attribute numbers too. */
  TargetForm withRawAt(Set<Integer> raw) {
    return new TargetForm(
        version,
        columns.stream().map(part -> raw.contains(part.attnum()) ? part.withRaw() : part).toList(),
        key,
        insertOnly,
        partitioned);
  }

  /** The same with rows told apart by another key. */
  TargetForm withKey(List<Integer> other) {
    return new TargetForm(version, columns, other, insertOnly, partitioned);
  }

  /** Whether values tell 0 and -0 apart only as text. */
  static boolean holdsFloats(String type) {
    return type.contains("DOUBLE") || type.contains("FLOAT");
  }

  /** What a reader is told of the key. */
  String comment() {
    List<String> names = keyParts().stream().map(part -> SqlText.name(part.name())).toList();
    return names.isEmpty()
        ? "Copied by Tidemark; without a key."
        : "Copied by Tidemark; key: " + String.join(", ", names);
  }
}
