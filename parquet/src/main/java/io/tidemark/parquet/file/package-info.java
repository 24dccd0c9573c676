/**
 * Writing Parquet column by column, straight from the vectors of a batch. Parquet-java lays out
 * pages and footers; values, levels and dictionaries are encoded here, whole runs at a time. No
 * class of Hadoop may be needed.
 */
package io.tidemark.parquet.file;
