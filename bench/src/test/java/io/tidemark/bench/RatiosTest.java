package io.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JSON of both comparisons and its arithmetic, from readings that nobody took. */
class RatiosTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

  @TempDir Path folder;

  /** A thousand changes in a time, with CPU of a time. */
  private static Measure took(double seconds, double cpuSeconds, long mib) {
    return new Measure(1000, seconds, cpuSeconds, mib);
  }

  @Test
  void captureIsComparedByRateAndByCpu() throws Exception {
    Map<ReaderKind, Measure> stream = new LinkedHashMap<>();
    stream.put(ReaderKind.RAW_READ, took(2, 1, 100));
    stream.put(ReaderKind.TIDEMARK, took(2.5, 2, 300));
    stream.put(ReaderKind.DEBEZIUM, took(10, 16, 400));
    stream.put(ReaderKind.DEBEZIUM_STRUCT, took(5, 8, 500));
    Map<ReaderKind, Measure> snapshot = new LinkedHashMap<>();
    snapshot.put(ReaderKind.RAW_COPY, took(1, 1, 100));
    snapshot.put(ReaderKind.TIDEMARK_SNAPSHOT, took(1.5, 3, 301));
    snapshot.put(ReaderKind.DEBEZIUM_SNAPSHOT, took(30, 9, 400));
    snapshot.put(ReaderKind.DEBEZIUM_SNAPSHOT_STRUCT, took(15, 6, 500));
    CaptureReport report = new CaptureReport(out);
    Map<String, Object> ratios = new LinkedHashMap<>();
    ratios.put("small", report.stream("small", stream));
    ratios.put("snapshot", report.snapshot(snapshot));
    ratios.put("latency", report.latency(new Latency.Result(1000, 0.5, 1.25, 2)));
    assertThat(json(ratios))
        .isEqualTo(
            """
            {"latency":{"commitToVisible":{"p50Seconds":0.5,"p99Seconds":1.25,"transactionsPerSecond":1000.0}},\
            "small":{"cpuPerChange":{"vsDebezium":0.125,"vsDebeziumStruct":0.25},"peakRssMiB":300,\
            "stream":{"vsDebezium":4.0,"vsDebeziumStruct":2.0,"vsRawRead":0.8}},\
            "snapshot":{"cpuPerChange":{"vsDebezium":0.333,"vsDebeziumStruct":0.5},"peakRssMiB":301,\
            "snapshot":{"vsCopy":0.667,"vsDebezium":20.0,"vsDebeziumStruct":10.0}}}""");
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .containsPattern("Tidemark to Parquet +400 +0\\.80 +2000\\.00 +300")
        .contains("p99 1.25 s");
  }

  @Test
  void databasesAreComparedByRate() throws Exception {
    DatabasesReport report = new DatabasesReport(out);
    Map<ReaderKind, Measure> stream = new LinkedHashMap<>();
    stream.put(ReaderKind.RAW_READ, took(3, 1, 100));
    stream.put(ReaderKind.TIDEMARK_DUCKDB, took(4, 2, 300));
    Map<ReaderKind, Measure> load = new LinkedHashMap<>();
    load.put(ReaderKind.RAW_COPY, took(1, 1, 100));
    load.put(ReaderKind.PARQUET_IMPORT, took(0.5, 1, 100));
    load.put(ReaderKind.TIDEMARK_DUCKDB_SNAPSHOT, took(2, 1, 100));
    stream.put(ReaderKind.NATIVE, took(6, Double.NaN, -1));
    stream.put(ReaderKind.TIDEMARK_POSTGRES, took(5, 3, 300));
    load.put(ReaderKind.NATIVE_SNAPSHOT, took(3, Double.NaN, -1));
    load.put(ReaderKind.TIDEMARK_POSTGRES_SNAPSHOT, took(4, 1, 100));
    load.put(ReaderKind.DUMP, took(5, Double.NaN, -1));
    Map<String, Object> duckdb = new LinkedHashMap<>();
    duckdb.put("stream", report.duckDbStream("small", stream));
    duckdb.put("load", report.duckDbLoad(load));
    Map<String, Object> postgres = new LinkedHashMap<>();
    postgres.put("stream", report.postgresStream("small", stream));
    postgres.put("load", report.postgresLoad(load));
    postgres.put("dump", report.dump(15, load));
    postgres.put("latency", report.latency("each second", new Latency.Result(1000, 0.5, 1.25, 2)));
    assertThat(json(Map.of("duckdb", duckdb, "postgres", postgres)))
        .isEqualTo(
            """
            {"duckdb":{"load":{"vsCopy":0.5,"vsParquetImport":0.25},"stream":{"vsRawRead":0.75}},\
            "postgres":{"dump":{"vsDump":1.25},\
            "latency":{"p50Millis":500.0,"p99Millis":1250.0,"transactionsPerSecond":1000.0},\
            "load":{"vsNative":0.75},"stream":{"vsNative":1.2,"vsRawRead":0.6}}}""");
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("of raw", "of native", "of dump")
        .containsPattern("native subscription +167 +1\\.00 +\n")
        .contains("p50 500 ms, p99 1250 ms");
  }

  @Test
  void whatWasNotMeasuredIsLeftOut() throws Exception {
    Map<ReaderKind, Measure> alone = Map.of(ReaderKind.TIDEMARK_DUCKDB, took(1, 1, 100));
    Map<String, Object> duckdb =
        Map.of("stream", new DatabasesReport(out).duckDbStream("small", alone));
    Map<String, Object> small =
        new CaptureReport(out).stream("small", Map.of(ReaderKind.TIDEMARK, took(1, 1, 100)));
    assertThat(json(Map.of("duckdb", duckdb, "small", small))).isEqualTo("{}");
  }

  /** The file as it is written, without its blanks. */
  private String json(Map<String, Object> ratios) throws Exception {
    Path file = folder.resolve("ratios.json");
    JsonFile.write(file, ratios);
    return new ObjectMapper().readTree(Files.readString(file)).toString();
  }
}
