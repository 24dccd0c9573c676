package io.tidemark.parquet.file;

import java.util.List;

/**
 * What is said of a finished file.
 *
 * @param rows number of rows
 * @param bytes its length
 * @param extras names of the columns that only some files have
 * @param unchanged whether any row has an unchanged TOAST value
 * @param minLsn lowest commit LSN, unsigned
 * @param maxLsn highest commit LSN, unsigned
 */
public record FileFacts(
    long rows, long bytes, List<String> extras, boolean unchanged, long minLsn, long maxLsn) {}
