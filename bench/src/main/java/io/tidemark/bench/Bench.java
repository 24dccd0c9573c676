package io.tidemark.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command behind {@code bench/run}. */
@Command(
    name = "bench/run",
    description = "Measured comparisons with peers, side by side in one run.",
    subcommands = Bench.Capture.class,
    mixinStandardHelpOptions = true)
public final class Bench {
  private Bench() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  /** Capture: stream and snapshot beside raw reads and Debezium. */
  @Command(
      name = "capture",
      description =
          "Capture into committed Parquet beside raw reads and Debezium's embedded engine.",
      footer = {"", "Example: bench/run capture --rows 500000 --json capture.json"},
      mixinStandardHelpOptions = true)
  static final class Capture implements Callable<Integer> {
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
      CaptureReport report = new CaptureReport(System.out, rows);
      report.machine();
      try (EmbeddedPostgres server = server(folder.resolve("postgres"))) {
        CaptureBench bench =
            new CaptureBench(server, folder, rows, kind -> readers.contains(kind.word()));
        Map<String, Object> ratios = new TreeMap<>();
        for (Workload workload :
            Arrays.stream(Workload.values()).filter(w -> only.contains(w.word())).toList()) {
          ratios.put(workload.word(), report.stream(workload.word(), bench.stream(workload)));
        }
        if (only.contains("snapshot")) {
          ratios.put("snapshot", report.snapshot(bench.snapshot()));
        }
        if (only.contains("latency")) {
          ratios.put("latency", report.latency(bench.latency()));
        }
        if (json != null) {
          new ObjectMapper()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .writeValue(json.toFile(), ratios);
        }
      } finally {
        Folders.delete(folder);
      }
      return 0;
    }

    private static EmbeddedPostgres server(Path folder) {
      return EmbeddedPostgres.of(Version.V18)
          .in(folder)
          .setting("shared_buffers", "512MB")
          .setting("max_wal_size", "16GB")
          .setting("checkpoint_timeout", "1h")
          .setting("max_replication_slots", "40")
          .setting("max_wal_senders", "20")
          .setting("wal_sender_timeout", "0")
          .start();
    }
  }
}
