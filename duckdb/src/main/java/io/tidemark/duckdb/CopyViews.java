package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The views over a copy. Making the views of a table opens some of its files, so it is done when a
 * statement first names the table; with thousands of tables, the others cost nothing.
 */
final class CopyViews {
  private final DuckDbSession session;
  private final Map<TableName, CopiedTable> tables = new LinkedHashMap<>();
  private final Map<TableName, ViewNames> names;
  private final Map<TableName, TableForm> made = new HashMap<>();

  CopyViews(DuckDbSession session, List<CopiedTable> tables) throws SQLException {
    this.session = session;
    tables.forEach(table -> this.tables.put(table.schema().name(), table));
    this.names = ViewNames.of(List.copyOf(this.tables.keySet()));
    for (String schema : names.values().stream().map(ViewNames::schema).distinct().toList()) {
      session.execute("CREATE SCHEMA IF NOT EXISTS " + SqlText.name(schema));
    }
  }

  /** The views that say what the copy is: {@code tidemark} and {@code tidemark_tables}. */
  void makeOwn(Position tidemark, long committedAtMicros) throws SQLException {
    session.execute(
        "CREATE VIEW tidemark AS SELECT "
            + SqlText.value(tidemark.toString())
            + " AS position, make_timestamptz("
            + committedAtMicros
            + ") AS committed_at");
    String rows = tables.values().stream().map(this::row).collect(Collectors.joining(",\n"));
    session.execute(
        "CREATE VIEW tidemark_tables AS SELECT name, state, reason, since, changes::BIGINT AS changes,"
            + " files::BIGINT AS files FROM (VALUES "
            + (rows.isEmpty() ? "('', '', '', '', 0, 0)" : rows)
            + ") t(name, state, reason, since, changes, files)"
            + (rows.isEmpty() ? " WHERE false" : ""));
  }

  private String row(CopiedTable table) {
    TableState state = table.state();
    return "("
        + String.join(
            ", ",
            SqlText.value(table.schema().name().toString()),
            SqlText.value(state.phase().word()),
            state.reason().map(SqlText::value).orElse("NULL"),
            SqlText.value(state.since().toString()),
            Long.toString(table.files().stream().mapToLong(CopiedTable.DataFile::rows).sum()),
            Integer.toString(table.files().size()))
        + ")";
  }

  /** Makes the views of every table that a statement may name. */
  void makeNamed(SqlStatement statement) throws SQLException {
    for (Map.Entry<TableName, ViewNames> entry : names.entrySet()) {
      if (statement.asksForNames() || entry.getValue().in(statement.words())) {
        make(entry.getKey());
      }
    }
  }

  /** Makes the views of every table; tells whether any was missing. */
  boolean makeAll() throws SQLException {
    int before = made.size();
    for (TableName table : names.keySet()) {
      make(table);
    }
    return made.size() > before;
  }

  /** Makes the views of a table, once. */
  TableForm make(TableName table) throws SQLException {
    TableForm form = made.get(table);
    if (form == null) {
      form = TableForm.of(tables.get(table), session.connection());
      ViewNames view = names.get(table);
      String changes = form.groups().isEmpty() ? empty(form) : new ChangeRowsSql(form).shown();
      session.execute("CREATE VIEW " + view.currentSql() + " AS " + CurrentRows.sql(form));
      session.execute("CREATE VIEW " + view.changesSql() + " AS " + changes);
      if (view.shortCurrent().isPresent()) {
        makeShort(view.shortCurrent().get(), view.currentSql());
      }
      if (view.shortChanges().isPresent()) {
        makeShort(view.shortChanges().get(), view.changesSql());
      }
      made.put(table, form);
    }
    return form;
  }

  private void makeShort(String name, String view) throws SQLException {
    session.execute(
        "CREATE VIEW "
            + SqlText.name(ViewNames.MAIN)
            + "."
            + SqlText.name(name)
            + " AS FROM "
            + view);
  }

  private static String empty(TableForm form) {
    return "SELECT *, NULL::VARCHAR AS _op, NULL::BIGINT AS _lsn, NULL::BIGINT AS _seq, NULL::BIGINT"
        + " AS _xid, NULL::TIMESTAMPTZ AS _committed_at, NULL::VARCHAR[] AS _unchanged FROM ("
        + CurrentRows.sql(form)
        + ")";
  }

  Map<TableName, ViewNames> names() {
    return names;
  }

  CopiedTable table(TableName name) {
    return tables.get(name);
  }
}
