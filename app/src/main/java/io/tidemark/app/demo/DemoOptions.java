package io.tidemark.app.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a demo is asked for.
 *
 * @param data where everything goes
 * @param length how long it runs; empty until it is stopped
 * @param rate transactions per second
 * @param seed of all that is random
 * @param storage where a copy of Parquet files goes
 * @param copies the kinds of copies that are made, in order, at least one
 * @param source URL of the user's own database; empty for an embedded one
 */
public record DemoOptions(
    Path data,
    Optional<Duration> length,
    double rate,
    long seed,
    Storage storage,
    List<Kind> copies,
    Optional<String> source) {
  /** The schema that the demo keeps to in a database of the user's. */
  public static final String SCHEMA = "tidemark_demo";

  /** Kinds of copies. */
  public enum Kind {
    /** Parquet files. */
    PARQUET,
    /** A DuckDB file. */
    DUCKDB,
    /** Another PostgreSQL database of the same server, or another schema of the user's. */
    POSTGRES;

    /** The word that users write. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Kinds of storage. */
  public enum Storage {
    /** A folder. */
    FOLDER,
    /** An S3 server in this process. */
    S3
  }

  /** The schema of the bank's tables. */
  String schema() {
    return source.isPresent() ? SCHEMA : "public";
  }
}
