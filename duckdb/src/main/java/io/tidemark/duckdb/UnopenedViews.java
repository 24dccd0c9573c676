package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Views that show the columns of a table without opening a file of it, for statements that ask what
 * there is among thousands of tables. To read their rows is an error.
 */
final class UnopenedViews {
  private final CopiedTable table;
  private final Set<Integer> raw = new HashSet<>();
  private boolean old;
  private boolean leaves;

  UnopenedViews(CopiedTable table) {
    this.table = table;
    table.files().forEach(this::look);
  }

  private void look(DataFile file) {
    for (String extra : file.extras()) {
      old |= extra.equals("_old");
      leaves |= extra.equals("_partition");
      if (extra.endsWith("__raw")) {
        String name = extra.replaceFirst("^_old\\.", "").replaceFirst("__raw$", "");
        table
            .version(file.schemaVersion())
            .flatMap(version -> version.column(name))
            .ifPresent(column -> raw.add(column.attnum()));
      }
    }
  }

  String current() {
    return select(columns(new UniqueNames()));
  }

  String changes() {
    UniqueNames names = new UniqueNames();
    ChangeRowsSql.META.forEach(name -> names.take(name, 0));
    List<String> columns = columns(names);
    columns.add("NULL::VARCHAR AS _op, NULL::BIGINT AS _lsn, NULL::BIGINT AS _seq");
    columns.add("NULL::BIGINT AS _xid, NULL::TIMESTAMPTZ AS _committed_at");
    columns.add("NULL::VARCHAR[] AS _unchanged");
    if (old) {
      columns.add("struct_pack(" + fields() + ") AS _old");
    }
    if (leaves) {
      columns.add("NULL::VARCHAR AS _partition");
    }
    return select(columns);
  }

  private List<String> columns(UniqueNames names) {
    List<String> columns = new ArrayList<>();
    for (Column column : table.schema().columns()) {
      String name = names.take(column.name(), column.attnum());
      columns.add(ColumnTypes.cast("NULL", column.type()) + " AS " + SqlText.name(name));
    }
    for (Column column : table.schema().columns()) {
      if (raw.contains(column.attnum())) {
        String name = names.take(column.name() + "__raw", column.attnum());
        columns.add("NULL::VARCHAR AS " + SqlText.name(name));
      }
    }
    return columns;
  }

  private String fields() {
    UniqueNames names = new UniqueNames();
    List<String> fields = new ArrayList<>();
    for (Column column : table.schema().columns()) {
      String name = names.take(column.name(), column.attnum());
      fields.add(SqlText.name(name) + " := " + ColumnTypes.cast("NULL", column.type()));
    }
    return String.join(", ", fields);
  }

  private String select(List<String> columns) {
    TableSchema schema = table.schema();
    return "SELECT "
        + String.join(", ", columns)
        + " WHERE error("
        + SqlText.value("table " + schema.name() + " must be named in the statement itself")
        + ") IS NULL";
  }
}
