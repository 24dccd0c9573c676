package io.tidemark.bench;

import io.tidemark.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Capture: stream and snapshot beside raw reads and Debezium. */
@Command(
    name = "capture",
    description = "Capture into committed Parquet beside raw reads and Debezium's embedded engine.",
    footer = {"", "Example: bench/run capture --rows 500000 --json capture.json"},
    mixinStandardHelpOptions = true)
final class CaptureCommand implements Callable<Integer> {
  @Option(
      names = "--rows",
      defaultValue = "500000",
      description = "Changes of each workload (${DEFAULT-VALUE}).")
  private long rows;

  @Option(names = "--json", description = "Write the ratios to this file.")
  private Path json;

  @Option(
      names = "--only",
      split = ",",
      description = "Only these: small, large, updates, wide, snapshot, latency.",
      defaultValue = "small,large,updates,wide,snapshot,latency")
  private List<String> only;

  @Option(
      names = "--readers",
      split = ",",
      description = "Only these: raw, tidemark, debezium, struct. Without all of them no JSON.",
      defaultValue = "raw,tidemark,debezium,struct")
  private List<String> readers;

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("tidemark-bench");
    new MeasureTable(System.out).machine(rows);
    CaptureReport report = new CaptureReport(System.out);
    try (EmbeddedPostgres server = Servers.start(folder.resolve("postgres"))) {
      SlotBench bench =
          new SlotBench(server, Optional.empty(), folder, rows, Math.max(2000, rows / 4));
      Map<String, Object> ratios = new TreeMap<>();
      for (Workload workload :
          Arrays.stream(Workload.values()).filter(w -> only.contains(w.word())).toList()) {
        ratios.put(
            workload.word(),
            report.stream(
                workload.word(), bench.stream(workload, chosen(SlotBench.STREAM_READERS))));
      }
      if (only.contains("snapshot")) {
        ratios.put("snapshot", report.snapshot(bench.snapshot(chosen(SlotBench.SNAPSHOT_READERS))));
      }
      if (only.contains("latency")) {
        ratios.put("latency", report.latency(latency(bench)));
      }
      if (json != null) {
        JsonFile.write(json, ratios);
      }
    } finally {
      Folders.delete(folder);
    }
    return 0;
  }

  private static Latency.Result latency(SlotBench bench) throws Exception {
    return bench.latency(
        ReaderKind.TIDEMARK,
        job -> {
          Reader.createSlot(job);
          return new TidemarkCopy(job, Target.PARQUET, Duration.ofSeconds(1));
        });
  }

  private List<ReaderKind> chosen(List<ReaderKind> kinds) {
    return kinds.stream().filter(kind -> readers.contains(kind.word())).toList();
  }
}
