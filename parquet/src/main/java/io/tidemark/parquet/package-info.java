/**
 * Exact copies as Parquet files in a folder or on S3: the sink, the lake as readers see it, and its
 * upkeep.
 */
package io.tidemark.parquet;
