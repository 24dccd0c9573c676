package io.tidemark.duckdb;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.duckdb.TableForm.FormColumn;
import java.util.Optional;

/**
 * What the files of one group say of a column in its newest form, as SQL over the group's {@code
 * f0, f1, ...}. Always of the newest type, also where the files lack the column.
 */
final class GroupSql {
  private static final String NO_TEXT = "CAST(NULL AS VARCHAR)";

  private final TableSchema newest;
  private final FileGroup group;
  private final boolean wholeOld;

  GroupSql(TableForm form, FileGroup group) {
    this.newest = form.newest();
    this.group = group;
    this.wholeOld = group.version().identity() == TableSchema.ReplicaIdentity.FULL;
  }

  /** The value as the file has it. */
  String value(FormColumn column) {
    int index = source(column);
    return index < 0
        ? backfill(column, literal(column))
        : converted(FileGroup.column(index), rawIn(index), then(index), column.type());
  }

  /** The raw text as the file has it. */
  String raw(FormColumn column) {
    int index = source(column);
    if (index < 0) {
      return column.rawBackfill()
          ? backfill(column, SqlText.value(column.backfill().orElseThrow()))
          : NO_TEXT;
    }
    return column.type() instanceof DataType.Text && !(then(index) instanceof DataType.Text)
        ? NO_TEXT
        : rawIn(index).orElse(NO_TEXT);
  }

  /**
   * The raw text as the file has it, or the text of a value that the column's newest type cannot
   * hold.
   */
  String rawOrMisfit(FormColumn column) {
    int index = source(column);
    if (index < 0 || ColumnTypes.widens(then(index), column.type())) {
      return raw(column);
    }
    String value = FileGroup.column(index);
    return "CASE WHEN "
        + value(column)
        + " IS NULL THEN coalesce("
        + raw(column)
        + ", "
        + ColumnTypes.asText(value, then(index))
        + ") END";
  }

  /** Whether a value was changed to one that the newest type may not hold. */
  boolean mayMisfit(FormColumn column) {
    int index = source(column);
    return index >= 0 && !ColumnTypes.widens(then(index), column.type());
  }

  /** The value; where it is unchanged and the old row has it, from there. */
  String resolved(FormColumn column) {
    return fillable(column)
        ? "CASE WHEN " + filled(column) + " THEN " + old(column) + " ELSE " + value(column) + " END"
        : value(column);
  }

  /** The raw text; where the value is unchanged and the old row has it, from there. */
  String resolvedRaw(FormColumn column) {
    return fillable(column)
        ? "CASE WHEN "
            + filled(column)
            + " THEN "
            + oldRaw(column)
            + " ELSE "
            + raw(column)
            + " END"
        : raw(column);
  }

  /** Whether the value is unchanged and stands nowhere in its row. */
  String unresolved(FormColumn column) {
    if (!mayBeUnchanged(column)) {
      return "false";
    }
    return fillable(column)
        ? "(" + listed(column) + " AND " + group.meta("_old") + " IS NULL)"
        : listed(column);
  }

  /** The value in the old row. */
  String old(FormColumn column) {
    int index = source(column);
    if (index < 0) {
      return wholeOld ? literal(column) : typedNull(column);
    }
    return group
        .old(nameThen(index))
        .map(
            old -> converted(old, group.old(nameThen(index) + "__raw"), then(index), column.type()))
        .orElse(typedNull(column));
  }

  /** The raw text in the old row. */
  String oldRaw(FormColumn column) {
    int index = source(column);
    if (index < 0) {
      return wholeOld && column.rawBackfill()
          ? SqlText.value(column.backfill().orElseThrow())
          : NO_TEXT;
    }
    return column.type() instanceof DataType.Text && !(then(index) instanceof DataType.Text)
        ? NO_TEXT
        : group.old(nameThen(index) + "__raw").orElse(NO_TEXT);
  }

  /** Whether the row has an old row. */
  String hasOld() {
    return group.extra("_old").map(old -> "(" + old + " IS NOT NULL)").orElse("false");
  }

  /** The leaf partition. */
  String leaf() {
    return group.extra("_partition").orElse(NO_TEXT);
  }

  /**
   * The place of a row among all changes, in one number whose order is that of ({@code _lsn}
   * unsigned, {@code _seq}).
   */
  String position() {
    return "(CAST(xor("
        + group.meta("_lsn")
        + ", -9223372036854775808) AS HUGEINT) * 18446744073709551616::HUGEINT + "
        + group.meta("_seq")
        + ")";
  }

  private int source(FormColumn column) {
    return TableForm.source(newest, group.version(), column.column());
  }

  private Column columnThen(int index) {
    return group.version().columns().get(index);
  }

  private DataType then(int index) {
    return columnThen(index).type();
  }

  private String nameThen(int index) {
    return columnThen(index).name();
  }

  private Optional<String> rawIn(int index) {
    return group.extra(nameThen(index) + "__raw");
  }

  private static String converted(String value, Optional<String> raw, DataType from, DataType to) {
    if (to instanceof DataType.Text && !(from instanceof DataType.Text)) {
      String text = ColumnTypes.widened(value, from, to);
      return raw.map(r -> "coalesce(" + text + ", " + r + ")").orElse(text);
    }
    return ColumnTypes.widens(from, to)
        ? ColumnTypes.widened(value, from, to)
        : ColumnTypes.tried(value, from, to);
  }

  /** What rows older than a column have there; rows that stand for a key alone have nothing. */
  private String backfill(FormColumn column, String value) {
    if (column.backfill().isEmpty()) {
      return typedNull(column);
    }
    String rows = wholeOld ? "('r', 'c', 'u', 'd')" : "('r', 'c', 'u')";
    return "CASE WHEN " + group.meta("_op") + " IN " + rows + " THEN " + value + " END";
  }

  private String literal(FormColumn column) {
    return column.backfill().isEmpty() || column.rawBackfill()
        ? typedNull(column)
        : PgLiteral.of(column.column(), column.backfill().get());
  }

  private static String typedNull(FormColumn column) {
    return ColumnTypes.cast("NULL", column.type());
  }

  private boolean mayBeUnchanged(FormColumn column) {
    return group.unchanged() && source(column) >= 0;
  }

  /** Whether the old row, where there is one, has the value. */
  private boolean fillable(FormColumn column) {
    return mayBeUnchanged(column)
        && (wholeOld || group.version().key().contains(column.attnum()))
        && group.old(nameThen(source(column))).isPresent();
  }

  private String filled(FormColumn column) {
    return "(" + listed(column) + " AND " + group.meta("_old") + " IS NOT NULL)";
  }

  private String listed(FormColumn column) {
    return "coalesce(list_contains("
        + group.meta("_unchanged")
        + ", "
        + SqlText.value(nameThen(source(column)))
        + "), false)";
  }
}
