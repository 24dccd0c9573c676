package io.tidemark.duckdb.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.testkit.CurrentRow;
import io.tidemark.testkit.Values;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.duckdb.DuckDBDriver;

/** What any client of DuckDB finds in a file, on a connection of its own. */
final class FileRows {
  private FileRows() {}

  static List<CurrentRow> current(DuckDbConfig config, TableName table) {
    try (Connection connection =
            new DuckDBDriver()
                .connect("jdbc:duckdb:" + config.path(), CopyFile.properties(config));
        Statement statement = connection.createStatement()) {
      try (ResultSet found =
          statement.executeQuery(
              "SELECT count(*) FROM information_schema.tables WHERE table_schema = '"
                  + table.schema()
                  + "' AND table_name = '"
                  + table.table()
                  + "'")) {
        found.next();
        if (found.getInt(1) == 0) {
          return List.of();
        }
      }
      try (ResultSet rows =
          statement.executeQuery("FROM \"" + table.schema() + "\".\"" + table.table() + "\"")) {
        List<CurrentRow> all = new ArrayList<>();
        while (rows.next()) {
          all.add(row(rows));
        }
        return all;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The types of a table's columns. */
  static Map<String, String> types(DuckDbConfig config, TableName table) {
    Map<String, String> types = new TreeMap<>();
    try (Connection connection =
            new DuckDBDriver()
                .connect("jdbc:duckdb:" + config.path(), CopyFile.properties(config));
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = '"
                    + table.schema()
                    + "' AND table_name = '"
                    + table.table()
                    + "'")) {
      while (rows.next()) {
        types.put(rows.getString(1), rows.getString(2));
      }
      return types;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CurrentRow row(ResultSet rows) throws SQLException {
    Map<String, String> values = new TreeMap<>();
    Map<String, String> raw = new TreeMap<>();
    ResultSetMetaData meta = rows.getMetaData();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      String name = meta.getColumnName(i);
      Object value = value(rows, i, meta.getColumnTypeName(i));
      if (value == null || name.equals("_partition")) {
        continue;
      }
      if (name.endsWith("__raw")) {
        raw.put(name.substring(0, name.length() - 5), (String) value);
      } else {
        values.put(name, Values.text(value));
      }
    }
    return new CurrentRow(values, raw);
  }

  static Object value(ResultSet rows, int i, String type) throws SQLException {
    return switch (type) {
      case "BLOB" -> rows.getBytes(i);
      case "TIMESTAMP" -> rows.getObject(i, java.time.LocalDateTime.class);
      case "JSON" -> rows.getString(i);
      default -> plain(rows.getObject(i));
    };
  }

  static Object plain(Object value) throws SQLException {
    if (value instanceof Array array) {
      return plain(Arrays.asList((Object[]) array.getArray()));
    } else if (value instanceof Struct struct) {
      return plain(Arrays.asList(struct.getAttributes()));
    } else if (value instanceof java.sql.Blob blob) {
      return blob.getBytes(1, (int) blob.length());
    } else if (value instanceof List<?> list) {
      List<Object> items = new ArrayList<>();
      for (Object item : list) {
        items.add(plain(item));
      }
      return items;
    }
    return value;
  }
}
