package io.tidemark.duckdb.sink;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a DuckDB sink can be told.
 *
 * @param path the file
 * @param memoryBytes what DuckDB may take, outside the JVM's heap
 * @param threads of DuckDB; 0 for one each core
 * @param tempFolder where DuckDB puts what does not fit into its memory
 * @param publishEvery how often the file for readers is made anew; zero for never
 * @param publishMaxBytes length of the file above which none is made for readers
 */
public record DuckDbConfig(
    Path path,
    long memoryBytes,
    int threads,
    Path tempFolder,
    Duration publishEvery,
    long publishMaxBytes) {

  private static final Option<String> PATH =
      Option.required("path", OptionType.TEXT, "The file, made if it is missing.", "bank.duckdb");
  private static final Option<Long> MEMORY_LIMIT =
      Option.of(
          "memory-limit",
          OptionType.SIZE,
          "1GiB",
          "Memory that DuckDB may take beside the JVM's heap; what does not fit goes to"
              + " temp-folder.");
  private static final Option<Long> THREADS =
      Option.of("threads", OptionType.NUMBER, "0", "Threads of DuckDB; 0 for one each core.");
  private static final Option<String> TEMP_FOLDER =
      Option.optional(
          "temp-folder",
          OptionType.TEXT,
          "Folder for what does not fit into memory; without it one beside the file.",
          "/var/tmp/tidemark");
  private static final Option<Duration> PUBLISH_EVERY =
      Option.of(
          "publish-every",
          OptionType.DURATION,
          "60s",
          "How often <name>.read.duckdb, the file for other processes, is made anew from a file"
              + " that has changed; 0s for never.");
  private static final Option<Long> PUBLISH_MAX_BYTES =
      Option.of(
          "publish-max-bytes",
          OptionType.SIZE,
          "4GiB",
          "Length of the file above which none is made for other processes.");

  /** What may be written in a configuration file. */
  public static final ComponentSpec SPEC =
      new ComponentSpec(
          "sink",
          "duckdb",
          "Current rows in one DuckDB file, exactly once.",
          List.of(PATH, MEMORY_LIMIT, THREADS, TEMP_FOLDER, PUBLISH_EVERY, PUBLISH_MAX_BYTES));

  /**
   * Makes a configuration of what was read.
   *
   * @param where how messages name the place
   * @param problems takes every problem found
   */
  public static DuckDbConfig from(Settings settings, String where, List<String> problems) {
    String path = settings.find(PATH).orElse("missing.duckdb");
    if (path.startsWith("md:") || path.startsWith("motherduck:")) {
      problems.add(
          where
              + ".path: MotherDuck is not supported, because a file for readers and the lock of one"
              + " writer need a file. Write the path of a local file.");
    }
    Path file = Path.of(path).toAbsolutePath().normalize();
    int threads = Math.toIntExact(Math.min(settings.find(THREADS).orElse(0L), 1024));
    if (threads < 0) {
      problems.add(where + ".threads: cannot be below 0.");
    }
    return new DuckDbConfig(
        file,
        settings.find(MEMORY_LIMIT).orElse(1L << 30),
        threads,
        settings
            .find(TEMP_FOLDER)
            .map(Path::of)
            .orElse(file.resolveSibling(file.getFileName() + ".tmp")),
        settings.find(PUBLISH_EVERY).orElse(Duration.ofSeconds(60)),
        settings.find(PUBLISH_MAX_BYTES).orElse(4L << 30));
  }

  /** The file that other processes may read. */
  public Path readPath() {
    String name = path.getFileName().toString();
    String stem = name.endsWith(".duckdb") ? name.substring(0, name.length() - 7) : name;
    return path.resolveSibling(stem + ".read.duckdb");
  }

  /** A configuration of a file with all else as it is by default. */
  public static DuckDbConfig of(Path path) {
    Settings settings =
        Settings.read(
            SPEC, java.util.Map.of("path", path.toString()), "sink", new java.util.ArrayList<>());
    return from(settings, "sink", new java.util.ArrayList<>());
  }
}
