package io.tidemark.parquet;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Sink;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkFixture;
import io.tidemark.testkit.Values;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Struct;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A lake whose history is read by DuckDB, file by file, going by the state alone. Columns of older
 * files are known by their field ids.
 */
final class LakeFixture implements SinkFixture {
  private final ParquetConfig config;
  private final List<Sink> sinks = new ArrayList<>();
  private final ParquetLake lake;
  private final Connection duck;

  LakeFixture(ParquetConfig config, Path cache) throws SQLException {
    this.config = config;
    this.lake = ParquetLake.open(config, cache, 1L << 30);
    this.duck = DriverManager.getConnection("jdbc:duckdb:");
  }

  @Override
  public Sink newSink() {
    Sink sink = new ParquetSink(config);
    sinks.add(sink);
    return sink;
  }

  @Override
  public Optional<TableSchema> refusedForm() {
    return Optional.of(Form.of("public.refused").column("_op", Form.TEXT).schema());
  }

  @Override
  public Optional<ChangeBatch> refusedRows() {
    return Optional.empty();
  }

  /** As DuckDB reads the newest file. */
  @Override
  public Map<String, String> columnTypes(TableName table) {
    Map<String, String> types = new TreeMap<>();
    try (LakeView view = lake.at(AsOf.LATEST);
        Statement statement = duck.createStatement()) {
      var files = view.files(table);
      if (!files.isEmpty()) {
        String newest = files.get(files.size() - 1).path();
        try (ResultSet rows =
            statement.executeQuery("DESCRIBE FROM read_parquet('" + newest + "')")) {
          while (rows.next()) {
            types.put(rows.getString(1), rows.getString(2));
          }
        }
      }
      return types;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Optional<List<CommittedRow>> history(TableName table) {
    try (LakeView view = lake.at(AsOf.LATEST)) {
      var files = view.files(table);
      int newest = files.stream().mapToInt(file -> file.schemaVersion()).max().orElse(0);
      Map<Integer, String> names = new HashMap<>();
      for (var file : files) {
        if (file.schemaVersion() == newest) {
          names.putAll(columns(duck, file.path()));
        }
      }
      List<CommittedRow> rows = new ArrayList<>();
      for (var file : files) {
        List<CommittedRow> ofFile = new FileRows(duck, file.path(), names).read();
        if (ofFile.size() != file.rows()) {
          throw new AssertionError(file + " has " + ofFile.size() + " rows");
        }
        if (ofFile.stream().anyMatch(row -> !row.unchanged().isEmpty()) != file.unchanged()) {
          throw new AssertionError(file + " is wrong about unchanged values");
        }
        rows.addAll(ofFile);
      }
      rows.sort(Comparator.comparingLong(CommittedRow::lsn).thenComparingLong(CommittedRow::seq));
      return Optional.of(rows);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (io.tidemark.api.error.TidemarkException e) {
      if (e.getMessage().contains("there is none")) {
        return Optional.of(List.of());
      }
      throw e;
    }
  }

  private static Map<Integer, String> columns(Connection duck, String file) throws SQLException {
    Map<Integer, String> names = new HashMap<>();
    try (Statement statement = duck.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT field_id, name FROM parquet_schema('"
                    + file
                    + "') WHERE field_id BETWEEN 1 AND 9999")) {
      while (result.next()) {
        names.put(result.getInt(1), result.getString(2));
      }
    }
    return names;
  }

  /** Rows of one file under other names. */
  private static final class FileRows {
    private final Connection duck;
    private final String file;
    private final Map<String, String> renamed = new HashMap<>();

    FileRows(Connection duck, String file, Map<Integer, String> newest) throws SQLException {
      this.duck = duck;
      this.file = file;
      columns(duck, file)
          .forEach(
              (id, name) -> {
                if (newest.containsKey(id)) {
                  renamed.put(name, newest.get(id));
                }
              });
    }

    List<CommittedRow> read() throws SQLException {
      List<CommittedRow> rows = new ArrayList<>();
      try (Statement statement = duck.createStatement();
          ResultSet result =
              statement.executeQuery(
                  "SELECT * REPLACE (epoch_us(_committed_at) AS _committed_at) FROM read_parquet('"
                      + file
                      + "', hive_partitioning = false)")) {
        while (result.next()) {
          rows.add(row(result));
        }
      }
      return rows;
    }

    private CommittedRow row(ResultSet result) throws SQLException {
      Map<String, String> values = new TreeMap<>();
      Map<String, String> raw = new TreeMap<>();
      Optional<Map<String, String>> before = Optional.empty();
      Optional<String> leaf = Optional.empty();
      ResultSetMetaData columns = result.getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        String name = columns.getColumnName(i);
        Object value = result.getObject(i);
        if (value == null) {
          continue;
        }
        if (name.equals("_old")) {
          before = Optional.of(old((Struct) value));
        } else if (name.equals("_partition")) {
          leaf = Optional.of((String) value);
        } else if (name.endsWith("__raw")) {
          String column = renamed.get(name.substring(0, name.length() - 5));
          if (column != null) {
            raw.put(column, (String) value);
          }
        } else if (renamed.containsKey(name)) {
          values.put(renamed.get(name), Values.text(plain(value)));
        }
      }
      return new CommittedRow(
          result.getString("_op").charAt(0),
          result.getLong("_lsn"),
          result.getLong("_seq"),
          result.getLong("_xid"),
          result.getLong("_committed_at"),
          values,
          unchanged(result.getArray("_unchanged")),
          raw,
          before,
          leaf);
    }

    private TreeSet<String> unchanged(Array names) throws SQLException {
      TreeSet<String> found = new TreeSet<>();
      if (names != null) {
        for (Object name : (Object[]) names.getArray()) {
          if (renamed.containsKey((String) name)) {
            found.add(renamed.get((String) name));
          }
        }
      }
      return found;
    }

    private Map<String, String> old(Struct struct) throws SQLException {
      Map<String, String> values = new TreeMap<>();
      var map = ((org.duckdb.DuckDBStruct) struct).getMap();
      for (Map.Entry<String, Object> field : map.entrySet()) {
        if (field.getValue() != null && renamed.containsKey(field.getKey())) {
          values.put(renamed.get(field.getKey()), Values.text(plain(field.getValue())));
        }
      }
      return values;
    }

    private static Object plain(Object value) throws SQLException {
      if (value instanceof Array array) {
        List<Object> elements = new ArrayList<>();
        for (Object element : (Object[]) array.getArray()) {
          elements.add(plain(element));
        }
        return elements;
      } else if (value instanceof org.duckdb.DuckDBStruct struct) {
        List<Object> fields = new ArrayList<>();
        for (Object field : struct.getMap().values()) {
          fields.add(plain(field));
        }
        return fields;
      } else if (value instanceof java.sql.Blob blob) {
        return blob.getBytes(1, (int) blob.length());
      } else if (value instanceof Object[] array) {
        return Arrays.asList(array);
      }
      return value;
    }
  }

  @Override
  public void close() throws Exception {
    for (Sink sink : sinks) {
      sink.close();
    }
    duck.close();
    lake.close();
  }
}
