package io.tidemark.engine.pipeline;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts what a lane has staged and says when it is time to commit. Where many tables get few rows
 * the interval stretches in proportion to their number, so that a pipeline of thousands of tables
 * does not write thousands of tiny files every few seconds.
 */
final class FlushPolicy {
  /** As many small tables are flushed at each interval without stretching it. */
  private static final int SMALL_TABLES = 50;

  private final PipelineConfig.Flush config;
  private final Map<TableName, Long> bytesByTable = new HashMap<>();
  private long bytes;
  private long rows;
  private int smallTables;
  private long lastFlush;

  FlushPolicy(PipelineConfig.Flush config, long nanoTime) {
    this.config = config;
    this.lastFlush = nanoTime;
  }

  void staged(ChangeBatch batch) {
    long more = batch.bytes();
    bytes += more;
    rows += batch.size();
    long before = bytesByTable.getOrDefault(batch.table(), -1L);
    long after = Math.max(0, before) + more;
    bytesByTable.put(batch.table(), after);
    if (before < 0 && after < config.minFileBytes()) {
      smallTables++;
    } else if (before >= 0 && before < config.minFileBytes() && after >= config.minFileBytes()) {
      smallTables--;
    }
  }

  void flushed(long nanoTime) {
    bytesByTable.clear();
    bytes = 0;
    rows = 0;
    smallTables = 0;
    lastFlush = nanoTime;
  }

  long rows() {
    return rows;
  }

  /** Whether what is staged should be committed at the next boundary, whatever the time. */
  boolean full() {
    return bytes >= config.bytes() || rows >= config.rows();
  }

  /** Nanoseconds until the interval ends; 0 or less when it has. */
  long untilInterval(long nanoTime) {
    double stretch = Math.max(1, smallTables / (double) SMALL_TABLES);
    long longest = Math.max(config.interval().toNanos(), config.largestInterval().toNanos());
    long interval = (long) Math.min(longest, config.interval().toNanos() * stretch);
    return interval - (nanoTime - lastFlush);
  }

  /** Nanoseconds until an empty commit may be made; 0 or less when it may. */
  long untilIdle(long nanoTime) {
    return Math.max(config.idle().toNanos(), config.interval().toNanos()) - (nanoTime - lastFlush);
  }
}
