package io.tidemark.postgres.verify;

import java.time.Duration;

/**
 * How much a comparison may ask of the source.
 *
 * @param rowsPerSecond rows that are read in a second, on average; 0 for as many as it gives
 * @param statement how long one statement may take
 */
public record VerifyLimits(long rowsPerSecond, Duration statement) {}
