package io.tidemark.duckdb;

import java.nio.file.Path;

/**
 * What a query may use of the machine.
 *
 * @param memoryBytes the most memory that DuckDB may take, 64 MiB or more; beyond it, it spills
 * @param threads worker threads, 1 or more
 * @param spill folder for what does not fit in memory; made when first needed, emptied at close
 */
public record DuckDbOptions(long memoryBytes, int threads, Path spill) {
  private static final long MIN_MEMORY = 64L << 20;
  private static final long STANDARD_MEMORY = 2L << 30;

  public DuckDbOptions {
    if (memoryBytes < MIN_MEMORY || threads < 1) {
      throw new IllegalArgumentException(
          "Cannot query with "
              + memoryBytes
              + " bytes of memory and "
              + threads
              + " threads: at least 64 MiB and one thread are needed.");
    }
  }

  /** 2 GiB of memory and as many threads as the machine has cores. */
  public static DuckDbOptions standard(Path spill) {
    return new DuckDbOptions(STANDARD_MEMORY, Runtime.getRuntime().availableProcessors(), spill);
  }
}
