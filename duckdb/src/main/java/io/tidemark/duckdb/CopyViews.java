package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.duckdb.DuckDBAppender;

/**
 * The views over a copy. Making the views of a table opens some of its files, so it is done when a
 * statement first names the table; with thousands of tables, the others cost nothing.
 */
final class CopyViews {
  /** So many tables can all be opened at once without anybody waiting. */
  private static final int FEW_TABLES = 100;

  private final DuckDbSession session;
  private final ViewSource source;
  private final Map<TableName, CopiedTable> tables = new LinkedHashMap<>();
  private final Map<TableName, ViewNames> names;
  private final Map<TableName, TableForm> made = new HashMap<>();
  private final Set<TableName> unopened = new HashSet<>();

  CopyViews(DuckDbSession session, ViewSource source, List<CopiedTable> tables)
      throws SQLException {
    this.session = session;
    this.source = source;
    tables.forEach(table -> this.tables.put(table.schema().name(), table));
    this.names = ViewNames.of(List.copyOf(this.tables.keySet()));
    for (String schema : names.values().stream().map(ViewNames::schema).distinct().toList()) {
      session.execute("CREATE SCHEMA IF NOT EXISTS " + SqlText.name(schema));
    }
  }

  /** What says what the copy is: {@code tidemark} and {@code tidemark_tables}. */
  void makeOwn(Position tidemark, long committedAtMicros) throws SQLException {
    session.execute(
        "CREATE VIEW tidemark AS SELECT "
            + SqlText.value(tidemark.toString())
            + " AS position, make_timestamptz("
            + committedAtMicros
            + ") AS committed_at");
    session.execute(
        "CREATE TABLE tidemark_tables (name VARCHAR, state VARCHAR, reason VARCHAR, since VARCHAR,"
            + " changes BIGINT, files BIGINT)");
    try (DuckDBAppender rows = session.append("tidemark_tables")) {
      for (CopiedTable table : tables.values()) {
        TableState state = table.state();
        rows.beginRow()
            .append(table.schema().name().toString())
            .append(state.word())
            .append(state.reason().orElse(null))
            .append(state.since().toString())
            .append(table.files().stream().mapToLong(CopiedTable.DataFile::rows).sum())
            .append((long) table.files().size())
            .endRow();
      }
    }
  }

  /** Makes the views of every table that a statement may name. */
  void makeNamed(SqlStatement statement) throws SQLException {
    for (Map.Entry<TableName, ViewNames> entry : names.entrySet()) {
      if (entry.getValue().in(statement.words())) {
        make(entry.getKey());
      }
    }
    if (statement.asksForNames()) {
      makeAll();
    }
  }

  /**
   * Makes the views of every table; where there are many, those that no statement has named yet
   * only show their columns.
   *
   * @return whether any view was missing
   */
  boolean makeAll() throws SQLException {
    boolean all = names.size() <= FEW_TABLES;
    boolean missing = false;
    for (TableName table : names.keySet()) {
      if (!made.containsKey(table) && (all || unopened.add(table))) {
        missing = true;
        if (all) {
          make(table);
        } else {
          UnopenedViews views = new UnopenedViews(tables.get(table));
          create(
              names.get(table),
              views.current(),
              source.keepsChanges() ? Optional.of(views.changes()) : Optional.empty());
        }
      }
    }
    return missing;
  }

  /** Makes the views of a table, once. */
  TableForm make(TableName table) throws SQLException {
    TableForm form = made.get(table);
    if (form == null) {
      form = source.form(tables.get(table), session.connection());
      create(names.get(table), source.current(form), source.changes(form));
      made.put(table, form);
    }
    return form;
  }

  private void create(ViewNames view, String current, Optional<String> changes)
      throws SQLException {
    StringBuilder all = new StringBuilder();
    String main = SqlText.name(ViewNames.MAIN) + ".";
    create(all, view.currentSql(), current);
    view.shortCurrent()
        .ifPresent(name -> create(all, main + SqlText.name(name), "FROM " + view.currentSql()));
    if (changes.isPresent()) {
      create(all, view.changesSql(), changes.get());
      view.shortChanges()
          .ifPresent(name -> create(all, main + SqlText.name(name), "FROM " + view.changesSql()));
    }
    session.execute(all.toString());
  }

  private static void create(StringBuilder all, String name, String sql) {
    all.append("CREATE OR REPLACE VIEW ").append(name).append(" AS ").append(sql).append(";\n");
  }

  Map<TableName, ViewNames> names() {
    return names;
  }

  CopiedTable table(TableName name) {
    return tables.get(name);
  }
}
