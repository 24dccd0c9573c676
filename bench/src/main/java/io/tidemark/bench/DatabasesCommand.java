package io.tidemark.bench;

import io.tidemark.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Copies in databases: load and stream beside what the databases do themselves. */
@Command(
    name = "databases",
    description =
        "Copies in PostgreSQL beside its own logical replication and pg_dump | psql, copies in"
            + " DuckDB beside the raw read and DuckDB's own import.",
    footer = {"", "Example: bench/run databases --json databases.json"},
    mixinStandardHelpOptions = true)
final class DatabasesCommand implements Callable<Integer> {
  private static final List<ReaderKind> STREAM_READERS =
      List.of(
          ReaderKind.RAW_READ,
          ReaderKind.TIDEMARK_DUCKDB,
          ReaderKind.NATIVE,
          ReaderKind.TIDEMARK_POSTGRES);
  private static final List<ReaderKind> LOAD_READERS =
      List.of(
          ReaderKind.RAW_COPY,
          ReaderKind.PARQUET_IMPORT,
          ReaderKind.TIDEMARK_DUCKDB_SNAPSHOT,
          ReaderKind.NATIVE_SNAPSHOT,
          ReaderKind.TIDEMARK_POSTGRES_SNAPSHOT);
  private static final Map<String, Workload> STREAMS = streams();

  @Option(
      names = "--rows",
      defaultValue = "500000",
      description = "Changes of each workload; a load has ten times as many (${DEFAULT-VALUE}).")
  private long rows;

  @Option(names = "--json", description = "Write the ratios to this file.")
  private Path json;

  @Option(
      names = "--only",
      split = ",",
      description = "Only these: stream, large, updates, load, dump, latency.",
      defaultValue = "stream,large,updates,load,dump,latency")
  private List<String> only;

  @Option(
      names = "--readers",
      split = ",",
      description = "Only these: raw, import, duckdb, native, dump, postgres.",
      defaultValue = "raw,import,duckdb,native,dump,postgres")
  private List<String> readers;

  private final DatabasesReport report = new DatabasesReport(System.out);
  private final Map<String, Object> duckDb = new TreeMap<>();
  private final Map<String, Object> postgres = new TreeMap<>();

  private static Map<String, Workload> streams() {
    Map<String, Workload> streams = new LinkedHashMap<>();
    streams.put("stream", Workload.SMALL);
    streams.put("large", Workload.LARGE);
    streams.put("updates", Workload.UPDATES);
    return streams;
  }

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("tidemark-bench");
    new MeasureTable(System.out).machine(rows);
    try {
      compare(folder);
      if (only.contains("dump") && readers.contains("dump")) {
        dump(folder);
      }
      if (json != null) {
        JsonFile.write(json, Map.of("duckdb", duckDb, "postgres", postgres));
      }
    } finally {
      Folders.delete(folder);
    }
    return 0;
  }

  private void compare(Path folder) throws Exception {
    try (EmbeddedPostgres source = Servers.start(folder.resolve("source"));
        EmbeddedPostgres target = Servers.start(folder.resolve("target"))) {
      SlotBench bench = new SlotBench(source, Optional.of(target), folder, rows, rows);
      for (Map.Entry<String, Workload> stream : STREAMS.entrySet()) {
        if (only.contains(stream.getKey())) {
          Workload workload = stream.getValue();
          Map<ReaderKind, Measure> measures = bench.stream(workload, chosen(STREAM_READERS));
          duckDb.put(stream.getKey(), report.duckDbStream(workload.word(), measures));
          postgres.put(stream.getKey(), report.postgresStream(workload.word(), measures));
        }
      }
      if (only.contains("load")) {
        Map<ReaderKind, Measure> measures = bench.snapshot(chosen(LOAD_READERS));
        duckDb.put("load", report.duckDbLoad(measures));
        postgres.put("load", report.postgresLoad(measures));
      }
      if (only.contains("latency")) {
        postgres.put("latency", latency(bench));
      }
    }
  }

  private Map<String, Object> latency(SlotBench bench) throws Exception {
    Map<String, Object> latency = new TreeMap<>();
    if (readers.contains("native")) {
      latency.put(
          "native",
          report.latency(
              "native subscription", bench.latency(ReaderKind.NATIVE, NativeSubscription::follow)));
    }
    if (readers.contains("postgres")) {
      latency.put("batch", latency(bench, Target.POSTGRES, Duration.ofSeconds(1)));
      latency.put(
          "transactional", latency(bench, Target.POSTGRES_TRANSACTIONAL, Duration.ofMillis(50)));
    }
    return latency;
  }

  private Map<String, Object> latency(SlotBench bench, Target target, Duration flush)
      throws Exception {
    return report.latency(
        target.name().toLowerCase(Locale.ROOT) + ", flush.interval " + flush.toMillis() + " ms",
        bench.latency(
            ReaderKind.TIDEMARK_POSTGRES,
            job -> {
              Reader.createSlot(job);
              return new TidemarkCopy(job, target, flush);
            }));
  }

  /** The programs of an older version read no newer server, so that one is measured then. */
  private void dump(Path folder) throws Exception {
    Optional<DumpAndRestore.Programs> programs = DumpAndRestore.Programs.find();
    if (programs.isEmpty()) {
      System.out.printf("%npg_dump | psql: left out, they are not installed here.%n");
      return;
    }
    try (EmbeddedPostgres source = Servers.start(folder.resolve("dumped"), programs.get());
        EmbeddedPostgres target = Servers.start(folder.resolve("restored"), programs.get())) {
      SlotBench bench = new SlotBench(source, Optional.of(target), folder, rows, rows);
      Map<ReaderKind, Measure> measures =
          bench.snapshot(chosen(List.of(ReaderKind.DUMP, ReaderKind.TIDEMARK_POSTGRES_SNAPSHOT)));
      postgres.put("dump", report.dump(programs.get().major(), measures));
    }
  }

  private List<ReaderKind> chosen(List<ReaderKind> kinds) {
    return kinds.stream().filter(kind -> readers.contains(kind.word())).toList();
  }
}
