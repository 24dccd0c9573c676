package io.tidemark.duckdb.sink;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Option;
import io.tidemark.api.config.OptionType;
import io.tidemark.api.config.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a DuckDB sink can be told.
 *
 * @param database what DuckDB opens: the absolute path of a file, or MotherDuck's connection string
 * @param keep what is kept of every table
 * @param memoryBytes what DuckDB may take, outside the JVM's heap
 * @param threads of DuckDB; 0 for one each core but one, which reading keeps
 * @param tempFolder where DuckDB puts what does not fit into its memory
 * @param publishEvery how often the file for readers is made anew; zero for never
 * @param publishMaxBytes length of the file above which none is made for readers
 */
public record DuckDbConfig(
    String database,
    Keep keep,
    long memoryBytes,
    int threads,
    Path tempFolder,
    Duration publishEvery,
    long publishMaxBytes) {

  private static final Option<String> PATH =
      Option.required(
          "path",
          OptionType.TEXT,
          "The file, made if it is missing; or MotherDuck's connection string (md:...), which is"
              + " passed on as it is and was never tried.",
          "bank.duckdb");
  private static final Option<Keep> KEEP =
      Option.of(
          "keep",
          OptionType.oneOf(Keep.class),
          "current",
          "What is kept of a table: its rows as they are, every change (in <table>_changes, its rows"
              + " as they are found among them), or both, each by itself.");
  private static final Option<Long> MEMORY_LIMIT =
      Option.of(
          "memory-limit",
          OptionType.SIZE,
          "1GiB",
          "Memory that DuckDB may take beside the JVM's heap; what does not fit goes to"
              + " temp-folder.");
  private static final Option<Long> THREADS =
      Option.of(
          "threads",
          OptionType.NUMBER,
          "0",
          "Threads of DuckDB; 0 for one each core but one, which reading keeps.");
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
          "Current rows, every change, or both in one DuckDB file, exactly once.",
          List.of(
              PATH, KEEP, MEMORY_LIMIT, THREADS, TEMP_FOLDER, PUBLISH_EVERY, PUBLISH_MAX_BYTES));

  /**
   * Makes a configuration of what was read.
   *
   * @param where how messages name the place
   * @param problems takes every problem found
   */
  public static DuckDbConfig from(Settings settings, String where, List<String> problems) {
    String path = settings.find(PATH).orElse("missing.duckdb");
    boolean remote = isMotherDuck(path);
    Path file = Path.of(remote ? "motherduck" : path).toAbsolutePath().normalize();
    int threads = Math.toIntExact(Math.min(settings.find(THREADS).orElse(0L), 1024));
    if (threads < 0) {
      problems.add(where + ".threads: cannot be below 0.");
    }
    return new DuckDbConfig(
        remote ? path : file.toString(),
        settings.find(KEEP).orElse(Keep.CURRENT),
        settings.find(MEMORY_LIMIT).orElse(1L << 30),
        threads,
        settings
            .find(TEMP_FOLDER)
            .map(Path::of)
            .orElse(file.resolveSibling(file.getFileName() + ".tmp")),
        remote ? Duration.ZERO : settings.find(PUBLISH_EVERY).orElse(Duration.ofSeconds(60)),
        settings.find(PUBLISH_MAX_BYTES).orElse(4L << 30));
  }

  private static boolean isMotherDuck(String database) {
    return database.startsWith("md:") || database.startsWith("motherduck:");
  }

  /** Whether it is a file, and not a database of MotherDuck. */
  public boolean isFile() {
    return !isMotherDuck(database);
  }

  /**
   * Where the copy is, for people: a connection string may have a token behind its question mark.
   */
  public String place() {
    return isFile() ? database : database.replaceFirst("\\?.*", "");
  }

  /** The file. */
  public Path path() {
    if (!isFile()) {
      throw new IllegalStateException("Cannot name a file: " + place() + " is none.");
    }
    return Path.of(database);
  }

  /** Where others read the copy: the file, and while it is written the one that is published. */
  public List<Path> readable() {
    return List.of(path(), readPath());
  }

  /** The file that other processes may read. */
  public Path readPath() {
    Path path = path();
    String name = path.getFileName().toString();
    String stem = name.endsWith(".duckdb") ? name.substring(0, name.length() - 7) : name;
    return path.resolveSibling(stem + ".read.duckdb");
  }

  /** A configuration of a file with all else as it is by default. */
  public static DuckDbConfig of(Path path) {
    List<String> problems = new ArrayList<>();
    Settings settings = Settings.read(SPEC, Map.of("path", path.toString()), "sink", problems);
    return from(settings, "sink", problems);
  }

  /** The same with something else kept. */
  public DuckDbConfig keeping(Keep other) {
    return new DuckDbConfig(
        database, other, memoryBytes, threads, tempFolder, publishEvery, publishMaxBytes);
  }

  /**
   * The same with a file for readers made at other times.
   *
   * @param every how often; zero for never
   * @param maxBytes length of the file above which none is made
   */
  public DuckDbConfig publishing(Duration every, long maxBytes) {
    return new DuckDbConfig(database, keep, memoryBytes, threads, tempFolder, every, maxBytes);
  }
}
