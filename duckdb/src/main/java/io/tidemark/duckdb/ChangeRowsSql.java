package io.tidemark.duckdb;

import io.tidemark.duckdb.TableForm.FormColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * The changes of a table as SQL: one branch for each group of files, each with the columns of the
 * newest version, joined by {@code UNION ALL}.
 */
final class ChangeRowsSql {
  /** What every row of the changes says of itself; the last two only where files have them. */
  static final List<String> META =
      List.of("_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged", "_old", "_partition");

  private final TableForm form;

  ChangeRowsSql(TableForm form) {
    this.form = form;
  }

  /** All changes of a table as users see them, also of one that has none yet. */
  static String all(TableForm form) {
    return form.groups().isEmpty()
        ? "SELECT *, NULL::VARCHAR AS _op, NULL::BIGINT AS _lsn, NULL::BIGINT AS _seq, NULL::BIGINT"
            + " AS _xid, NULL::TIMESTAMPTZ AS _committed_at, NULL::VARCHAR[] AS _unchanged FROM ("
            + CurrentRows.sql(form)
            + ")"
        : new ChangeRowsSql(form).shown();
  }

  /**
   * Changes as the view of current rows needs them. For a column with attribute number N: {@code
   * cN} its value, {@code rN} its raw text, {@code uN} whether it is unchanged and must be looked
   * up, {@code oN} and {@code qN} value and raw text in the old row. For the row: {@code op},
   * {@code pos} (see {@link GroupSql#position}), {@code leaf}, {@code old} (whether there is an old
   * row), {@code version}.
   */
  String inner() {
    return branches((group, sql) -> innerColumns(group, sql));
  }

  private List<String> innerColumns(FileGroup group, GroupSql sql) {
    List<String> columns = new ArrayList<>();
    for (FormColumn column : form.columns()) {
      int n = column.attnum();
      columns.add(sql.resolved(column) + " AS c" + n);
      if (column.raw()) {
        columns.add(sql.resolvedRaw(column) + " AS r" + n);
      }
      if (form.hasUnchanged() && ColumnTypes.isToastable(column.type())) {
        columns.add(sql.unresolved(column) + " AS u" + n);
      }
      if (form.hasOld()) {
        columns.add(sql.old(column) + " AS o" + n);
        if (column.raw()) {
          columns.add(sql.oldRaw(column) + " AS q" + n);
        }
      }
    }
    columns.add(group.meta("_op") + " AS op");
    columns.add(sql.position() + " AS pos");
    columns.add(sql.leaf() + " AS leaf");
    columns.add(sql.hasOld() + " AS old");
    columns.add(group.version().version() + " AS version");
    return columns;
  }

  /** Changes as users see them, without order. */
  String shown() {
    return branches((group, sql) -> shownColumns(group, sql));
  }

  private List<String> shownColumns(FileGroup group, GroupSql sql) {
    List<String> columns = new ArrayList<>();
    UniqueNames names = new UniqueNames();
    META.forEach(name -> names.take(name, 0));
    for (FormColumn column : form.shown()) {
      columns.add(as(sql.value(column), names.take(column.name(), column.attnum())));
    }
    for (FormColumn column : form.shown()) {
      if (column.raw() || mayMisfit(column)) {
        String name = names.take(column.name() + "__raw", column.attnum());
        columns.add(as(sql.rawOrMisfit(column), name));
      }
    }
    META.subList(0, 6).forEach(name -> columns.add(as(group.meta(name), name)));
    if (form.hasOld()) {
      columns.add(as(oldRow(sql), "_old"));
    }
    if (form.hasLeaves()) {
      columns.add(as(sql.leaf(), "_partition"));
    }
    return columns;
  }

  private boolean mayMisfit(FormColumn column) {
    return form.groups().stream().anyMatch(group -> new GroupSql(form, group).mayMisfit(column));
  }

  private String oldRow(GroupSql sql) {
    UniqueNames names = new UniqueNames();
    List<String> fields = new ArrayList<>();
    for (FormColumn column : form.shown()) {
      fields.add(
          SqlText.name(names.take(column.name(), column.attnum())) + " := " + sql.old(column));
    }
    for (FormColumn column : form.shown()) {
      if (column.raw()) {
        String name = names.take(column.name() + "__raw", column.attnum());
        fields.add(SqlText.name(name) + " := " + sql.oldRaw(column));
      }
    }
    return "CASE WHEN " + sql.hasOld() + " THEN struct_pack(" + String.join(", ", fields) + ") END";
  }

  private static String as(String expression, String name) {
    return expression + " AS " + SqlText.name(name);
  }

  private String branches(BiFunction<FileGroup, GroupSql, List<String>> columns) {
    return form.groups().stream()
        .map(
            group ->
                "SELECT "
                    + String.join(", ", columns.apply(group, new GroupSql(form, group)))
                    + " FROM "
                    + group.source())
        .collect(Collectors.joining("\nUNION ALL\n"));
  }
}
