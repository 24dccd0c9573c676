package io.tidemark.app.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.app.OutputText;
import io.tidemark.app.bank.BankSchema;
import io.tidemark.duckdb.sink.DuckDbConfig;
import io.tidemark.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.duckdb.DuckDBDriver;

/** A DuckDB file as any client of DuckDB sees it while no process writes it. */
final class DuckDbFile {
  private final DuckDbConfig config;
  private int looks;

  DuckDbFile(DuckDbConfig config) {
    this.config = config;
  }

  /** How often the bank was found whole. */
  int looks() {
    return looks;
  }

  private Connection open() throws SQLException {
    Properties readOnly = new Properties();
    readOnly.setProperty("access_mode", "READ_ONLY");
    return new DuckDBDriver().connect("jdbc:duckdb:" + config.path(), readOnly);
  }

  /**
   * Fails unless the bank balances at the file's tidemark.
   *
   * @return whether its tables are members; they need not balance before
   */
  boolean bankBalances() throws SQLException {
    if (!Files.exists(config.path())) {
      return false; // the process died before it made one
    }
    BankSchema bank = new BankSchema("public");
    try (Connection file = open()) {
      if (isNew(file) || !notMembers(file, BankSchema.TABLES).isEmpty()) {
        return false;
      }
      looks++;
      String at = rows(file, "SELECT position FROM _tidemark.tidemark").toString();
      assertThat(rows(file, bank.unbalanced())).as("accounts, at %s", at).isEmpty();
      assertThat(rows(file, bank.transferred())).as("transfers, at %s", at).containsOnly("[0.00]");
      return true;
    }
  }

  private static boolean isNew(Connection file) throws SQLException {
    return rows(file, "SELECT 1 FROM duckdb_tables() WHERE schema_name = '_tidemark'").isEmpty();
  }

  private static List<String> notMembers(Connection file, List<String> tables) throws SQLException {
    List<String> members =
        rows(file, "SELECT table_name FROM _tidemark.tables WHERE state = 'member'");
    return tables.stream().filter(table -> !members.contains("[" + table + "]")).toList();
  }

  /** What keeps the rows of the tables from being equal in every value; empty when nothing does. */
  List<String> differences(EmbeddedPostgres server, List<String> tables) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Connection file = open();
        Connection source = server.connect()) {
      notMembers(file, tables).forEach(table -> found.add("the file: " + table + " is no member"));
      for (String table : tables) {
        Map<String, String> wanted = sourceColumns(source, table);
        Map<String, String> columns = columns(file, table);
        if (!columns.keySet().equals(wanted.keySet())) {
          found.add("the file: %s has columns %s, not %s".formatted(table, columns, wanted));
        } else {
          Truth.difference(rows(source, select(table, wanted)), rows(file, select(table, columns)))
              .ifPresent(text -> found.add("the file: " + table + ": " + text));
        }
      }
    }
    return found;
  }

  /** What is asked for each column, so that both sides answer the same texts. */
  private static Map<String, String> sourceColumns(Connection source, String table)
      throws SQLException {
    Map<String, String> columns = new TreeMap<>();
    for (List<String> column :
        cells(
            source,
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = '"
                + table
                + "'::regclass AND attnum > 0 AND NOT attisdropped")) {
      String name = '"' + column.get(0) + '"';
      columns.put(
          column.get(0),
          switch (column.get(1)) {
            case "timestamp with time zone" ->
                "(extract(epoch FROM " + name + ") * 1000000)::bigint";
            case "double precision" -> name; // the driver makes the number of it
            default -> OutputText.of(name);
          });
    }
    return columns;
  }

  private static Map<String, String> columns(Connection file, String table) throws SQLException {
    Map<String, String> columns = new TreeMap<>();
    for (List<String> column :
        cells(
            file,
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'public'"
                + " AND table_name = '"
                + table
                + "' AND column_name <> '_partition' AND NOT ends_with(column_name, '__raw')")) {
      String name = '"' + column.get(0) + '"';
      columns.put(
          column.get(0),
          switch (column.get(1)) {
            case "TIMESTAMP WITH TIME ZONE" -> "epoch_us(" + name + ")";
            case "DOUBLE" -> name;
            default -> "CAST(" + name + " AS VARCHAR)";
          });
    }
    return columns;
  }

  private static String select(String table, Map<String, String> columns) {
    return columns.values().stream()
        .collect(Collectors.joining(", ", "SELECT ", " FROM public." + table));
  }

  private static List<String> rows(Connection connection, String sql) throws SQLException {
    return cells(connection, sql).stream().map(List::toString).sorted().toList();
  }

  private static List<List<String>> cells(Connection connection, String sql) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      int count = found.getMetaData().getColumnCount();
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
          row.add(String.valueOf(found.getObject(i)));
        }
        rows.add(row);
      }
    }
    return rows;
  }
}
