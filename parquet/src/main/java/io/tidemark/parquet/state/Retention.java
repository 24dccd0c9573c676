package io.tidemark.parquet.state;

import java.time.Duration;

/**
 * How much of the past is kept.
 *
 * @param checkpointEvery commits after which a commit carries the whole state
 * @param tidemarks number of commits that stay readable
 * @param grace how long a file that no longer counts stays at least, for readers that have begun
 */
public record Retention(int checkpointEvery, long tidemarks, Duration grace) {}
