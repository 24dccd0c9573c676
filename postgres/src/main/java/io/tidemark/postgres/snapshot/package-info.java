/**
 * Copies tables under one snapshot, in parallel, and proves that what was read is that snapshot.
 */
package io.tidemark.postgres.snapshot;
