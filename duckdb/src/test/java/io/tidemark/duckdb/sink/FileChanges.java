package io.tidemark.duckdb.sink;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.duckdb.StoredForms;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.Values;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.duckdb.DuckDBDriver;
import org.duckdb.DuckDBStruct;

/**
 * Every change that a file holds of a table, table by table as they lie there, under the newest
 * names of the columns, on a connection of its own.
 */
final class FileChanges {
  private final Connection connection;
  private final TableName table;
  private final Map<Integer, TableSchema> versions = new HashMap<>();
  private TableSchema newest;

  private FileChanges(Connection connection, TableName table) {
    this.connection = connection;
    this.table = table;
  }

  static List<CommittedRow> of(DuckDbConfig config, TableName table) {
    try (Connection connection =
        new DuckDBDriver().connect("jdbc:duckdb:" + config.path(), CopyFile.properties(config))) {
      return new FileChanges(connection, table).read();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<CommittedRow> read() throws SQLException {
    for (TableSchema version :
        StoredForms.read(connection, "_tidemark.versions").getOrDefault(table, List.of())) {
      versions.put(version.version(), version);
      newest = version;
    }
    List<CommittedRow> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet pieces =
            statement.executeQuery(
                "SELECT version, number, unchanged FROM _tidemark.histories WHERE schema_name = '"
                    + table.schema()
                    + "' AND table_name = '"
                    + table.table()
                    + "'")) {
      while (pieces.next()) {
        List<CommittedRow> read = piece(pieces.getInt(1), pieces.getInt(2));
        if (!pieces.getBoolean(3) && read.stream().anyMatch(row -> !row.unchanged().isEmpty())) {
          throw new AssertionError("a table of changes is wrong about unchanged values");
        }
        rows.addAll(read);
      }
    }
    rows.sort(
        Comparator.comparing(CommittedRow::lsn, Long::compareUnsigned)
            .thenComparing(CommittedRow::seq));
    return rows;
  }

  private List<CommittedRow> piece(int version, int number) throws SQLException {
    Map<String, String> names = new HashMap<>();
    for (Column column : versions.get(version).columns()) {
      int now = newest.indexOf(column.attnum());
      if (now >= 0) {
        names.put(column.name(), newest.columns().get(now).name());
      }
    }
    List<CommittedRow> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT * REPLACE (epoch_us(_committed_at) AS _committed_at) FROM"
                    + " _tidemark.\"changes/"
                    + table
                    + "/"
                    + version
                    + "/"
                    + number
                    + "\"")) {
      while (found.next()) {
        rows.add(row(found, names));
      }
    }
    return rows;
  }

  private static CommittedRow row(ResultSet found, Map<String, String> names) throws SQLException {
    Map<String, String> values = new TreeMap<>();
    Map<String, String> raw = new TreeMap<>();
    TreeSet<String> unchanged = new TreeSet<>();
    Optional<Map<String, String>> before = Optional.empty();
    for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
      String name = found.getMetaData().getColumnName(i);
      Object value = FileRows.value(found, i, found.getMetaData().getColumnTypeName(i));
      if (value == null) {
        continue;
      }
      String base = name.replaceFirst("__raw$", "");
      if (name.equals("_old")) {
        before = Optional.of(old(((DuckDBStruct) found.getObject(i)).getMap(), names));
      } else if (name.equals("_unchanged")) {
        ((List<?>) value)
            .forEach(
                each -> {
                  if (names.containsKey(each)) {
                    unchanged.add(names.get(each));
                  }
                });
      } else if (names.containsKey(name)) {
        values.put(names.get(name), Values.text(value));
      } else if (!base.equals(name) && names.containsKey(base)) {
        raw.put(names.get(base), (String) value);
      }
    }
    return new CommittedRow(
        found.getString("_op").charAt(0),
        found.getLong("_lsn"),
        found.getLong("_seq"),
        found.getLong("_xid"),
        found.getLong("_committed_at"),
        values,
        unchanged,
        raw,
        before,
        leaf(found));
  }

  private static Optional<String> leaf(ResultSet found) throws SQLException {
    for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
      if (found.getMetaData().getColumnName(i).equals("_partition")) {
        return Optional.ofNullable(found.getString(i));
      }
    }
    return Optional.empty();
  }

  private static Map<String, String> old(Map<String, Object> fields, Map<String, String> names)
      throws SQLException {
    Map<String, String> values = new TreeMap<>();
    for (Map.Entry<String, Object> field : fields.entrySet()) {
      if (field.getValue() != null && names.containsKey(field.getKey())) {
        values.put(names.get(field.getKey()), Values.text(FileRows.plain(field.getValue())));
      }
    }
    return values;
  }
}
