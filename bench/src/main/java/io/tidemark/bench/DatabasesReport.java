package io.tidemark.bench;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** Prints copies in databases beside their peers, and gives the ratios as they go into JSON. */
final class DatabasesReport {
  private final MeasureTable table;

  DatabasesReport(PrintStream out) {
    this.table = new MeasureTable(out);
  }

  /**
   * Prints the stream of one workload into a DuckDB file.
   *
   * @return {@code vsRawRead}; empty where a reader is missing
   */
  Map<String, Object> duckDbStream(String title, Map<ReaderKind, Measure> measures) {
    table.print("duckdb " + title, measures, ReaderKind.RAW_READ);
    return ratio(measures, "vsRawRead", ReaderKind.TIDEMARK_DUCKDB, ReaderKind.RAW_READ);
  }

  /**
   * Prints the load of a DuckDB file.
   *
   * @return {@code vsParquetImport} and {@code vsCopy}; without those whose reader is missing
   */
  Map<String, Object> duckDbLoad(Map<ReaderKind, Measure> measures) {
    table.print("duckdb load", measures, ReaderKind.RAW_COPY);
    Map<String, Object> ratios = new LinkedHashMap<>();
    ReaderKind tidemark = ReaderKind.TIDEMARK_DUCKDB_SNAPSHOT;
    ratios.putAll(ratio(measures, "vsParquetImport", tidemark, ReaderKind.PARQUET_IMPORT));
    ratios.putAll(ratio(measures, "vsCopy", tidemark, ReaderKind.RAW_COPY));
    return ratios;
  }

  private static Map<String, Object> ratio(
      Map<ReaderKind, Measure> measures, String name, ReaderKind ours, ReaderKind theirs) {
    return measures.containsKey(ours) && measures.containsKey(theirs)
        ? Map.of(name, MeasureTable.ratio(measures.get(ours).rate(), measures.get(theirs).rate()))
        : Map.of();
  }
}
