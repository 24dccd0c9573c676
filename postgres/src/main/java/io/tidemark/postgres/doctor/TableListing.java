package io.tidemark.postgres.doctor;

import io.tidemark.api.model.TableName;

/**
 * A table of the source as a user sees it before capture.
 *
 * @param name the table
 * @param rows the planner's estimate, -1 where there is none
 * @param columns number of columns
 * @param everyChange whether updates and deletes can be captured too
 */
public record TableListing(TableName name, long rows, int columns, boolean everyChange) {}
