package io.tidemark.app.demo;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.TableName;
import io.tidemark.app.Setup;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.duckdb.DuckDbQuery;
import io.tidemark.duckdb.QueryResult;
import io.tidemark.duckdb.sink.DuckDbLook;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.PostgresLook;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How many rows each table of a copy has now, counted in the copy as any query would. */
final class CurrentRows {
  private CurrentRows() {}

  /** Rows by table, for every table that the copy holds. */
  static Map<TableName, Long> of(Setup setup) {
    if (setup.sinks().get(0) instanceof Setup.Database database) {
      return PostgresLook.at(database.config()).rows();
    }
    return setup.sinks().get(0) instanceof Setup.Lake lake
        ? of(setup, lake)
        : DuckDbLook.at(((Setup.DuckDbFile) setup.sinks().get(0)).config()).rows();
  }

  private static Map<TableName, Long> of(Setup setup, Setup.Lake lake) {
    Path scratch = setup.pipeline().dataDir().resolve("query");
    Map<TableName, Long> rows = new TreeMap<>();
    try (LakeCopy copy = LakeCopy.open(lake.config(), setup.transforms(), AsOf.LATEST, scratch)) {
      List<CopiedTable> tables = copy.tables(any -> true);
      try (DuckDbQuery query =
          DuckDbQuery.open(
              copy.tidemark(),
              copy.committedAtMicros(),
              tables,
              DuckDbOptions.standard(scratch.resolve("spill")))) {
        for (CopiedTable table : tables) {
          rows.put(table.schema().name(), count(query, table.schema().name()));
        }
      }
    }
    return rows;
  }

  private static long count(DuckDbQuery query, TableName table) {
    try (QueryResult result =
        query.run(
            "SELECT count(*) FROM " + Sql.name(table.schema()) + "." + Sql.name(table.table()))) {
      return ((Number) result.iterator().next().get(0)).longValue();
    }
  }
}
