package io.tidemark.api.sink;

import io.tidemark.api.model.TableName;

/**
 * A sealed piece of work: durable at the destination, visible to nobody. Can be carried to another
 * process as text.
 *
 * @param table whose rows it holds
 * @param rows how many
 * @param bytes length of the file that the piece is at the destination; 0 where it is none
 * @param description all that the committer needs, in the sink's own form
 */
public record Staged(TableName table, long rows, long bytes, String description) {}
