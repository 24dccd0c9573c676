package io.tidemark.app.kill;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.app.OutputText;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.duckdb.QueryResult;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Holds a lake against its source: every value of every current row, and every change of the
 * history.
 */
final class Truth {
  private static final int SHOWN = 12;

  private final EmbeddedPostgres server;
  private final ParquetConfig lake;
  private final Path scratch;

  Truth(EmbeddedPostgres server, ParquetConfig lake, Path scratch) {
    this.server = server;
    this.lake = lake;
    this.scratch = scratch;
  }

  /** The lake as of one of its tidemarks. */
  LakeCopy open(AsOf asOf) {
    return LakeCopy.open(lake, List.of(), asOf, scratch.resolve("cache"));
  }

  /**
   * What keeps the current rows of the tables from being equal in every value; empty when nothing
   * does. Of each table some rows that one side lacks are named, and what the copy's history has of
   * them.
   */
  List<String> differences(List<String> tables) throws SQLException {
    List<String> found = new ArrayList<>();
    try (LakeCopy lakeCopy = open(AsOf.LATEST);
        DuckDbCopy copy =
            DuckDbCopy.open(
                lakeCopy.tidemark(),
                lakeCopy.tables(name -> true),
                DuckDbOptions.standard(scratch.resolve("spill")));
        Connection db = server.connect()) {
      for (String table : tables) {
        CopiedTable copied =
            copy.tables().stream()
                .filter(each -> each.schema().name().equals(new TableName("public", table)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the lake has no table " + table));
        List<String> columns = copied.schema().columns().stream().map(Column::name).toList();
        List<String> wanted = sourceColumns(db, table);
        if (!copied.state().isMember()) {
          found.add(table + " is no member: " + copied.state());
        } else if (!columns.equals(wanted)) {
          found.add(table + " has columns " + columns + " instead of " + wanted);
        } else {
          compare(
              table,
              sourceRows(db, table, columns),
              copyRows(copy, copied.schema().name()),
              lakeCopy,
              found);
        }
      }
    }
    return found;
  }

  private void compare(
      String table, List<String> source, List<String> copy, LakeCopy lakeCopy, List<String> found) {
    Optional<String> difference = difference(source, copy);
    if (difference.isEmpty()) {
      return;
    }
    found.add("%s at %s: %s".formatted(table, lakeCopy.tidemark(), difference.get()));
    List<String> missing = without(source, copy);
    List<String> extra = without(copy, source);
    try (DuckDbQuery query = query(lakeCopy)) {
      for (String row : (missing.isEmpty() ? extra : missing).stream().limit(2).toList()) {
        String first = row.substring(1).split("[,\\]]", 2)[0];
        rows(
                query,
                "SELECT * FROM %1$s_changes WHERE _op = 't' OR CAST(%2$s AS VARCHAR) = '%3$s' ORDER BY _lsn, _seq"
                    .formatted(table, firstColumn(lakeCopy, table), first))
            .forEach(change -> found.add("  history: " + change));
      }
    }
  }

  /** How two sorted lists of rows differ; empty when they do not. */
  static Optional<String> difference(List<String> source, List<String> copy) {
    if (source.equals(copy)) {
      return Optional.empty();
    }
    List<String> missing = without(source, copy);
    List<String> extra = without(copy, source);
    return Optional.of(
        "%s rows are missing, %s are too many; missing %s; too many %s"
            .formatted(
                missing.size(),
                extra.size(),
                missing.subList(0, Math.min(SHOWN, missing.size())),
                extra.subList(0, Math.min(SHOWN, extra.size()))));
  }

  private static String firstColumn(LakeCopy copy, String table) {
    return copy.tables(new TableName("public", table)::equals)
        .get(0)
        .schema()
        .columns()
        .get(0)
        .name();
  }

  /** The elements of one sorted list that another lacks, as often as it does. */
  private static List<String> without(List<String> all, List<String> others) {
    Map<String, Integer> left = new HashMap<>();
    others.forEach(row -> left.merge(row, 1, Integer::sum));
    List<String> rest = new ArrayList<>();
    for (String row : all) {
      if (left.merge(row, -1, Integer::sum) < 0) {
        rest.add(row);
      }
    }
    return rest;
  }

  private static List<String> sourceColumns(Connection db, String table) throws SQLException {
    List<String> names = new ArrayList<>();
    try (Statement statement = db.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT attname FROM pg_attribute WHERE attrelid = '"
                    + table
                    + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    }
    return names;
  }

  private static List<String> sourceRows(Connection db, String table, List<String> columns)
      throws SQLException {
    List<String> rows = new ArrayList<>();
    String texts =
        columns.stream()
            .map(name -> OutputText.of('"' + name + '"'))
            .collect(Collectors.joining(", "));
    try (Statement statement = db.createStatement()) {
      statement.execute(
          "SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET DateStyle = 'ISO, MDY'");
      try (ResultSet found = statement.executeQuery("SELECT " + texts + " FROM " + table)) {
        while (found.next()) {
          List<String> row = new ArrayList<>();
          for (int i = 1; i <= columns.size(); i++) {
            row.add(found.getString(i));
          }
          rows.add(row.toString());
        }
      }
    }
    rows.sort(null);
    return rows;
  }

  private static List<String> copyRows(DuckDbCopy copy, TableName table) {
    List<String> rows = new ArrayList<>();
    copy.rows(table, CopyReader.KeyRange.ALL).forEachRemaining(row -> rows.add(row.toString()));
    rows.sort(null);
    return rows;
  }

  /**
   * Fails unless the history of the tables, from a transaction on, has exactly the changes that the
   * source's own triggers wrote down.
   */
  void everyChangeIsThereOnce(List<String> tables, long fromXid) throws SQLException {
    Map<String, Long> inLake = new TreeMap<>();
    try (LakeCopy lakeCopy = open(AsOf.LATEST);
        DuckDbQuery query = query(lakeCopy);
        Connection db = server.connect()) {
      for (String table : tables) {
        try (QueryResult result =
            query.run(
                "SELECT _xid, _op, count(*) FROM "
                    + table
                    + "_changes WHERE _op IN ('c', 'u', 'd') AND _xid >= "
                    + fromXid
                    + " GROUP BY ALL")) {
          for (List<Object> row : result) {
            inLake.put(
                row.get(0) + " " + table + " " + row.get(1), ((Number) row.get(2)).longValue());
          }
        }
      }
      Map<String, Long> atSource = new TreeMap<>(AuditLog.counts(db, fromXid));
      atSource.keySet().removeIf(key -> !tables.contains(key.split(" ")[1]));
      assertThat(inLake).as("changes by transaction, table and operation").isEqualTo(atSource);
    }
  }

  /** Fails when any change of the tables is in the history twice. */
  void noChangeIsThereTwice(List<String> tables) {
    try (LakeCopy lakeCopy = open(AsOf.LATEST);
        DuckDbQuery query = query(lakeCopy)) {
      for (String table : tables) {
        assertThat(
                rows(
                    query,
                    "SELECT _lsn, _seq, count(*) FROM "
                        + table
                        + "_changes GROUP BY ALL HAVING count(*) > 1"))
            .as("changes of %s that are there twice", table)
            .isEmpty();
      }
    }
  }

  DuckDbQuery query(LakeCopy copy) {
    return DuckDbQuery.open(
        copy.tidemark(),
        copy.committedAtMicros(),
        copy.tables(name -> true),
        DuckDbOptions.standard(scratch.resolve("spill")));
  }

  static List<List<Object>> rows(DuckDbQuery query, String sql) {
    try (QueryResult result = query.run(sql)) {
      List<List<Object>> rows = new ArrayList<>();
      result.forEach(rows::add);
      return rows;
    }
  }
}
