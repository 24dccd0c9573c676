package io.tidemark.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Prints what was measured as a table, and gives the ratios as they go into the JSON file. */
final class CaptureReport {
  private static final int READERS = 4;

  private final PrintStream out;
  private final long rows;

  CaptureReport(PrintStream out, long rows) {
    this.out = out;
    this.rows = rows;
  }

  /** Says on what this runs. */
  void machine() throws IOException {
    Path cpu = Path.of("/proc/cpuinfo");
    String model =
        Files.exists(cpu)
            ? Files.readAllLines(cpu).stream()
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .orElse("")
            : "";
    out.printf(
        Locale.ROOT,
        "%d cores%s, Java %s, %d rows%n",
        Runtime.getRuntime().availableProcessors(),
        model.replaceFirst(".*:", ","),
        Runtime.version(),
        rows);
  }

  /** Prints the stream of one workload. */
  Map<String, Object> stream(String title, Map<ReaderKind, Measure> measures) {
    table(title, measures, ReaderKind.RAW_READ);
    if (measures.size() < READERS) {
      return Map.of();
    }
    Measure tidemark = measures.get(ReaderKind.TIDEMARK);
    Measure debezium = measures.get(ReaderKind.DEBEZIUM);
    Measure struct = measures.get(ReaderKind.DEBEZIUM_STRUCT);
    Map<String, Object> stream = new LinkedHashMap<>();
    stream.put("vsRawRead", ratio(tidemark.rate(), measures.get(ReaderKind.RAW_READ).rate()));
    stream.put("vsDebezium", ratio(tidemark.rate(), debezium.rate()));
    stream.put("vsDebeziumStruct", ratio(tidemark.rate(), struct.rate()));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("stream", stream);
    result.put("cpuPerChange", cpu(tidemark, debezium, struct));
    result.put("peakRssMiB", tidemark.peakMib());
    return result;
  }

  /** Prints the snapshot. */
  Map<String, Object> snapshot(Map<ReaderKind, Measure> measures) {
    table("snapshot", measures, ReaderKind.RAW_COPY);
    if (measures.size() < READERS) {
      return Map.of();
    }
    Measure tidemark = measures.get(ReaderKind.TIDEMARK_SNAPSHOT);
    Measure debezium = measures.get(ReaderKind.DEBEZIUM_SNAPSHOT);
    Measure struct = measures.get(ReaderKind.DEBEZIUM_SNAPSHOT_STRUCT);
    Map<String, Object> snapshot = new LinkedHashMap<>();
    snapshot.put("vsCopy", ratio(tidemark.rate(), measures.get(ReaderKind.RAW_COPY).rate()));
    snapshot.put("vsDebezium", ratio(tidemark.rate(), debezium.rate()));
    snapshot.put("vsDebeziumStruct", ratio(tidemark.rate(), struct.rate()));
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
    seconds.put("p50Seconds", rounded(latency.p50()));
    seconds.put("p99Seconds", rounded(latency.p99()));
    seconds.put("transactionsPerSecond", rounded(latency.transactionsPerSecond()));
    return Map.of("commitToVisible", seconds);
  }

  private static Map<String, Object> cpu(Measure tidemark, Measure debezium, Measure struct) {
    Map<String, Object> cpu = new LinkedHashMap<>();
    cpu.put("vsDebezium", ratio(tidemark.cpuMicros(), debezium.cpuMicros()));
    cpu.put("vsDebeziumStruct", ratio(tidemark.cpuMicros(), struct.cpuMicros()));
    return cpu;
  }

  private void table(String title, Map<ReaderKind, Measure> measures, ReaderKind ceiling) {
    out.printf("%n%-22s %12s %10s %12s %10s%n", title, "rows/s", "of raw", "CPU us/row", "RSS MiB");
    measures.forEach(
        (kind, measure) ->
            out.printf(
                Locale.ROOT,
                "%-22s %,12.0f %10.2f %12.2f %10d%n",
                kind.title(),
                measure.rate(),
                measures.containsKey(ceiling)
                    ? measure.rate() / measures.get(ceiling).rate()
                    : Double.NaN,
                measure.cpuMicros(),
                measure.peakMib()));
  }

  private static double ratio(double a, double b) {
    return rounded(a / b);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
