package io.tidemark.parquet;

import io.tidemark.api.model.TableSchema;
import io.tidemark.parquet.file.FileFacts;
import java.nio.file.Path;
import java.time.LocalDate;

/**
 * A whole local file, not yet in the store.
 *
 * @param lastCommittedAt the last commit time in it, microseconds since 1970 UTC
 */
record FinishedFile(
    Path path, TableSchema schema, LocalDate date, long lastCommittedAt, FileFacts facts) {}
