package io.tidemark.bench;

import io.tidemark.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Copies in databases: load and stream beside what the databases do themselves. */
@Command(
    name = "databases",
    description = "Copies in DuckDB beside the raw read and DuckDB's own import.",
    footer = {"", "Example: bench/run databases --json databases.json"},
    mixinStandardHelpOptions = true)
final class DatabasesCommand implements Callable<Integer> {
  private static final List<ReaderKind> STREAM_READERS =
      List.of(ReaderKind.RAW_READ, ReaderKind.TIDEMARK_DUCKDB);
  private static final List<ReaderKind> LOAD_READERS =
      List.of(ReaderKind.RAW_COPY, ReaderKind.PARQUET_IMPORT, ReaderKind.TIDEMARK_DUCKDB_SNAPSHOT);

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
      description = "Only these: stream, large, updates, load.",
      defaultValue = "stream,large,updates,load")
  private List<String> only;

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("tidemark-bench");
    new MeasureTable(System.out).machine(rows);
    try (EmbeddedPostgres server = Servers.source(folder.resolve("postgres"))) {
      Map<String, Object> ratios = Map.of("duckdb", duckDb(server, folder));
      if (json != null) {
        JsonFile.write(json, ratios);
      }
    } finally {
      Folders.delete(folder);
    }
    return 0;
  }

  private Map<String, Object> duckDb(EmbeddedPostgres server, Path folder) throws Exception {
    DatabasesReport report = new DatabasesReport(System.out);
    SlotBench bench = new SlotBench(server, folder, rows, STREAM_READERS, LOAD_READERS);
    Map<String, Workload> streams =
        Map.of("stream", Workload.SMALL, "large", Workload.LARGE, "updates", Workload.UPDATES);
    Map<String, Object> ratios = new TreeMap<>();
    for (String word : only) {
      if (streams.containsKey(word)) {
        Workload workload = streams.get(word);
        ratios.put(word, report.duckDbStream(workload.word(), bench.stream(workload)));
      }
    }
    if (only.contains("load")) {
      ratios.put("load", report.duckDbLoad(bench.snapshot()));
    }
    return ratios;
  }
}
