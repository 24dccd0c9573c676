package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader.KeyRange;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Opens what a test has written, as of the tidemark 0/20. */
final class Reading {
  static final Position TIDEMARK = Position.of("slot", Lsn.parse("0/20"));

  /** 2026-11-21 10:00:00 UTC. */
  static final long COMMITTED_AT = 1_795_255_200_000_000L;

  private final Path folder;

  Reading(Path folder) {
    this.folder = folder;
  }

  DuckDbOptions options() {
    return new DuckDbOptions(256L << 20, 2, folder.resolve("spill"));
  }

  DuckDbCopy copy(LakeTable... tables) {
    return DuckDbCopy.open(TIDEMARK, copied(tables), options());
  }

  DuckDbQuery query(LakeTable... tables) {
    return DuckDbQuery.open(TIDEMARK, COMMITTED_AT, copied(tables), options());
  }

  private static List<CopiedTable> copied(LakeTable... tables) {
    return Arrays.stream(tables).map(LakeTable::copied).toList();
  }

  /** All current rows of a table as PostgreSQL's text. */
  List<List<String>> rows(LakeTable table) {
    return rows(table, KeyRange.ALL);
  }

  List<List<String>> rows(LakeTable table, KeyRange range) {
    try (DuckDbCopy copy = copy(table)) {
      List<List<String>> rows = new ArrayList<>();
      copy.rows(table.newest().name(), range).forEachRemaining(rows::add);
      return rows;
    }
  }

  /** The answer to a query over tables, as JSON. */
  String json(String sql, LakeTable... tables) {
    try (DuckDbQuery query = query(tables);
        QueryResult result = query.run(sql)) {
      return result.toJson();
    }
  }
}
