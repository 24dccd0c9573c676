package io.tidemark.bench;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Prints copies in databases beside their peers, and gives the ratios as they go into JSON. */
final class DatabasesReport {
  private static final double MILLIS = 1000;

  private final PrintStream out;
  private final MeasureTable table;

  DatabasesReport(PrintStream out) {
    this.out = out;
    this.table = new MeasureTable(out);
  }

  /**
   * Prints the stream of one workload into a DuckDB file.
   *
   * @return {@code vsRawRead}; empty where a reader is missing
   */
  Map<String, Object> duckDbStream(String title, Map<ReaderKind, Measure> measures) {
    print("duckdb " + title, measures, ReaderKind.RAW_READ, ReaderKind.TIDEMARK_DUCKDB);
    return ratio(measures, "vsRawRead", ReaderKind.TIDEMARK_DUCKDB, ReaderKind.RAW_READ);
  }

  /**
   * Prints the load of a DuckDB file.
   *
   * @return {@code vsParquetImport} and {@code vsCopy}; without those whose reader is missing
   */
  Map<String, Object> duckDbLoad(Map<ReaderKind, Measure> measures) {
    ReaderKind tidemark = ReaderKind.TIDEMARK_DUCKDB_SNAPSHOT;
    print("duckdb load", measures, ReaderKind.RAW_COPY, ReaderKind.PARQUET_IMPORT, tidemark);
    Map<String, Object> ratios = new LinkedHashMap<>();
    ratios.putAll(ratio(measures, "vsParquetImport", tidemark, ReaderKind.PARQUET_IMPORT));
    ratios.putAll(ratio(measures, "vsCopy", tidemark, ReaderKind.RAW_COPY));
    return ratios;
  }

  /**
   * Prints the stream of one workload into another PostgreSQL.
   *
   * @return {@code vsNative} and {@code vsRawRead}; without those whose reader is missing
   */
  Map<String, Object> postgresStream(String title, Map<ReaderKind, Measure> measures) {
    ReaderKind tidemark = ReaderKind.TIDEMARK_POSTGRES;
    print("postgres " + title, measures, ReaderKind.NATIVE, tidemark);
    Map<String, Object> ratios = new LinkedHashMap<>();
    ratios.putAll(ratio(measures, "vsNative", tidemark, ReaderKind.NATIVE));
    ratios.putAll(ratio(measures, "vsRawRead", tidemark, ReaderKind.RAW_READ));
    return ratios;
  }

  /**
   * Prints the load of another PostgreSQL.
   *
   * @return {@code vsNative}; empty where a reader is missing
   */
  Map<String, Object> postgresLoad(Map<ReaderKind, Measure> measures) {
    ReaderKind tidemark = ReaderKind.TIDEMARK_POSTGRES_SNAPSHOT;
    print("postgres load", measures, ReaderKind.NATIVE_SNAPSHOT, tidemark);
    return ratio(measures, "vsNative", tidemark, ReaderKind.NATIVE_SNAPSHOT);
  }

  /**
   * Prints the load between servers of the version that the installed programs are of.
   *
   * @return {@code vsDump}; empty where a reader is missing
   */
  Map<String, Object> dump(int major, Map<ReaderKind, Measure> measures) {
    ReaderKind tidemark = ReaderKind.TIDEMARK_POSTGRES_SNAPSHOT;
    print("PostgreSQL " + major + " load", measures, ReaderKind.DUMP, tidemark);
    return ratio(measures, "vsDump", tidemark, ReaderKind.DUMP);
  }

  /** Prints how long commits took to be seen in another PostgreSQL. */
  Map<String, Object> latency(String title, Latency.Result latency) {
    out.printf(
        Locale.ROOT,
        "%nlatency, %s, %,.0f transactions/s: p50 %.0f ms, p99 %.0f ms, longest %.0f ms%n",
        title,
        latency.transactionsPerSecond(),
        latency.p50() * MILLIS,
        latency.p99() * MILLIS,
        latency.longest() * MILLIS);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("p50Millis", MeasureTable.rounded(latency.p50() * MILLIS));
    result.put("p99Millis", MeasureTable.rounded(latency.p99() * MILLIS));
    result.put("transactionsPerSecond", MeasureTable.rounded(latency.transactionsPerSecond()));
    return result;
  }

  private void print(String title, Map<ReaderKind, Measure> measures, ReaderKind... kinds) {
    Map<ReaderKind, Measure> these = new LinkedHashMap<>();
    for (ReaderKind kind : kinds) {
      if (measures.containsKey(kind)) {
        these.put(kind, measures.get(kind));
      }
    }
    if (!these.isEmpty()) {
      table.print(title, these, kinds[0]);
    }
  }

  private static Map<String, Object> ratio(
      Map<ReaderKind, Measure> measures, String name, ReaderKind ours, ReaderKind theirs) {
    return measures.containsKey(ours) && measures.containsKey(theirs)
        ? Map.of(name, MeasureTable.ratio(measures.get(ours).rate(), measures.get(theirs).rate()))
        : Map.of();
  }
}
