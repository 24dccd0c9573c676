package io.tidemark.bench;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Prints what was measured as a table, and gives the ratios as they go into the JSON file. */
final class CaptureReport {
  private static final int READERS = 4;

  private final PrintStream out;
  private final MeasureTable table;

  CaptureReport(PrintStream out) {
    this.out = out;
    this.table = new MeasureTable(out);
  }

  /** Prints the stream of one workload. */
  Map<String, Object> stream(String title, Map<ReaderKind, Measure> measures) {
    table.print(title, measures, ReaderKind.RAW_READ);
    if (measures.size() < READERS) {
      return Map.of();
    }
    Measure tidemark = measures.get(ReaderKind.TIDEMARK);
    Measure debezium = measures.get(ReaderKind.DEBEZIUM);
    Measure struct = measures.get(ReaderKind.DEBEZIUM_STRUCT);
    Map<String, Object> stream = new LinkedHashMap<>();
    stream.put(
        "vsRawRead", MeasureTable.ratio(tidemark.rate(), measures.get(ReaderKind.RAW_READ).rate()));
    stream.put("vsDebezium", MeasureTable.ratio(tidemark.rate(), debezium.rate()));
    stream.put("vsDebeziumStruct", MeasureTable.ratio(tidemark.rate(), struct.rate()));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("stream", stream);
    result.put("cpuPerChange", cpu(tidemark, debezium, struct));
    result.put("peakRssMiB", tidemark.peakMib());
    return result;
  }

  /** Prints the snapshot. */
  Map<String, Object> snapshot(Map<ReaderKind, Measure> measures) {
    table.print("snapshot", measures, ReaderKind.RAW_COPY);
    if (measures.size() < READERS) {
      return Map.of();
    }
    Measure tidemark = measures.get(ReaderKind.TIDEMARK_SNAPSHOT);
    Measure debezium = measures.get(ReaderKind.DEBEZIUM_SNAPSHOT);
    Measure struct = measures.get(ReaderKind.DEBEZIUM_SNAPSHOT_STRUCT);
    Map<String, Object> snapshot = new LinkedHashMap<>();
    snapshot.put(
        "vsCopy", MeasureTable.ratio(tidemark.rate(), measures.get(ReaderKind.RAW_COPY).rate()));
    snapshot.put("vsDebezium", MeasureTable.ratio(tidemark.rate(), debezium.rate()));
    snapshot.put("vsDebeziumStruct", MeasureTable.ratio(tidemark.rate(), struct.rate()));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("snapshot", snapshot);
    result.put("cpuPerChange", cpu(tidemark, debezium, struct));
    result.put("peakRssMiB", tidemark.peakMib());
    return result;
  }

  /** Prints how long commits took to be seen. */
  Map<String, Object> latency(Latency.Result latency) {
    out.printf(
        Locale.ROOT,
        "%nlatency: commit to visible file at a flush each second, %,.0f transactions/s: p50 %.2f s,"
            + " p99 %.2f s, longest %.2f s%n",
        latency.transactionsPerSecond(),
        latency.p50(),
        latency.p99(),
        latency.longest());
    Map<String, Object> seconds = new LinkedHashMap<>();
    seconds.put("p50Seconds", MeasureTable.rounded(latency.p50()));
    seconds.put("p99Seconds", MeasureTable.rounded(latency.p99()));
    seconds.put("transactionsPerSecond", MeasureTable.rounded(latency.transactionsPerSecond()));
    return Map.of("commitToVisible", seconds);
  }

  private static Map<String, Object> cpu(Measure tidemark, Measure debezium, Measure struct) {
    Map<String, Object> cpu = new LinkedHashMap<>();
    cpu.put("vsDebezium", MeasureTable.ratio(tidemark.cpuMicros(), debezium.cpuMicros()));
    cpu.put("vsDebeziumStruct", MeasureTable.ratio(tidemark.cpuMicros(), struct.cpuMicros()));
    return cpu;
  }
}
