package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableSchema;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Changes of a table that have the same columns: written under one version of its form, with the
 * same extra columns. Either data files, which are read by one {@code read_parquet}, or one table
 * of a DuckDB file. Their columns are named {@code f0, f1, ...} by their place, so that no name can
 * get in the way.
 *
 * @param version the form they were written under; its columns are the first
 * @param columns all columns, in their order
 * @param rows the SQL of what they are read from
 * @param place how messages name that
 * @param unchanged whether any row has an unchanged TOAST value
 */
record FileGroup(
    TableSchema version, List<FileColumn> columns, String rows, String place, boolean unchanged) {
  /** The options of every {@code read_parquet}: a folder called {@code date=...} is no column. */
  private static final String OPTIONS = "hive_partitioning = false, union_by_name = false";

  /**
   * A column of the files.
   *
   * @param type its type as DuckDB writes it
   */
  record FileColumn(String name, String type) {}

  private record Kind(int version, TreeSet<String> extras, boolean unchanged) {}

  /** Sorts the files of a table into groups, and looks at one file of each. */
  static List<FileGroup> of(CopiedTable table, Connection connection) throws SQLException {
    Map<Kind, List<String>> kinds = new LinkedHashMap<>();
    for (CopiedTable.DataFile file : table.files()) {
      Kind kind = new Kind(file.schemaVersion(), new TreeSet<>(file.extras()), file.unchanged());
      kinds.computeIfAbsent(kind, k -> new ArrayList<>()).add(file.path());
    }
    List<FileGroup> groups = new ArrayList<>(kinds.size());
    for (Map.Entry<Kind, List<String>> entry : kinds.entrySet()) {
      Kind kind = entry.getKey();
      TableSchema version =
          table.version(kind.version()).orElseThrow(() -> unknownVersion(table, kind.version()));
      String first = entry.getValue().get(0);
      List<FileColumn> columns = columns(parquet(List.of(first)), connection);
      checkFits(version, columns, first);
      groups.add(
          new FileGroup(version, columns, parquet(entry.getValue()), first, kind.unchanged()));
    }
    return groups;
  }

  /** A table that holds changes. */
  static FileGroup ofTable(
      TableSchema version, String table, boolean unchanged, Connection connection)
      throws SQLException {
    List<FileColumn> columns = columns(table, connection);
    checkFits(version, columns, table);
    return new FileGroup(version, columns, table, table, unchanged);
  }

  private static String parquet(List<String> paths) {
    return "read_parquet(" + SqlText.list(paths) + ", " + OPTIONS + ")";
  }

  private static List<FileColumn> columns(String rows, Connection connection) throws SQLException {
    List<FileColumn> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet described = statement.executeQuery("DESCRIBE SELECT * FROM " + rows)) {
      while (described.next()) {
        columns.add(new FileColumn(described.getString(1), described.getString(2)));
      }
    }
    return columns;
  }

  private static void checkFits(TableSchema version, List<FileColumn> columns, String path) {
    for (int i = 0; i < version.columns().size(); i++) {
      String expected = version.columns().get(i).name().toLowerCase(Locale.ROOT);
      // DuckDB adds a number to the second of two names that differ in their case alone.
      if (i >= columns.size()
          || !columns.get(i).name().toLowerCase(Locale.ROOT).startsWith(expected)) {
        throw new TidemarkException(
            ErrorCode.DESTINATION_CHANGED,
            "Cannot read "
                + path
                + ": its column "
                + (i + 1)
                + " is not '"
                + version.columns().get(i).name()
                + "' of version "
                + version.version()
                + " of "
                + version.name()
                + ". The file was not written by this copy; put the right one back, or copy the"
                + " table again.");
      }
    }
  }

  private static TidemarkException unknownVersion(CopiedTable table, int version) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot read table "
            + table.schema().name()
            + ": a file was written under version "
            + version
            + " of its form, which the state does not know. Copy the table again.");
  }

  /** A source of rows with the columns {@code f0, f1, ...}. */
  String source() {
    return IntStream.range(0, columns.size())
        .mapToObj(i -> "f" + i)
        .collect(Collectors.joining(", ", rows + " AS f(", ")"));
  }

  /** The SQL name of the table's own column that stands at a place of its version. */
  static String column(int index) {
    return "f" + index;
  }

  /** The SQL name of a column that is not of the table: {@code _op} for instance. */
  Optional<String> extra(String name) {
    for (int i = version.columns().size(); i < columns.size(); i++) {
      if (columns.get(i).name().equals(name)) {
        return Optional.of("f" + i);
      }
    }
    return Optional.empty();
  }

  /** The SQL name of a column that every file has beside the table's. */
  String meta(String name) {
    return extra(name)
        .orElseThrow(
            () ->
                new TidemarkException(
                    ErrorCode.DESTINATION_CHANGED,
                    "Cannot read "
                        + place
                        + ": it has no column "
                        + name
                        + ". The file was not written by this copy; put the right one back, or"
                        + " copy the table again."));
  }

  /** The SQL of a field of {@code _old}, where these files have it. */
  Optional<String> old(String field) {
    return extra("_old").flatMap(old -> oldField(old, field));
  }

  private Optional<String> oldField(String old, String field) {
    TypeName type = TypeName.parse(columns.get(Integer.parseInt(old.substring(1))).type());
    for (int i = 0; i < type.fields().size(); i++) {
      if (type.fields().get(i).equals(field)) {
        return Optional.of("struct_extract(" + old + ", " + SqlText.value(field) + ")");
      }
    }
    return Optional.empty();
  }
}
