package io.tidemark.api.transform;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableSchema;
import java.util.Optional;

/**
 * Changes rows on their way: a batch in, a batch out. Pure: the same batch always gives the same
 * result, nothing is waited for, nothing is remembered. Called by one thread at a time.
 */
public interface Transform {
  /**
   * The form that a table has behind this transform.
   *
   * @return empty where the whole table is left out
   * @throws io.tidemark.api.error.TidemarkException when the transform does not fit the table (a
   *     column it names is missing, a filter reads a column that the log may leave out)
   */
  Optional<TableSchema> schema(TableSchema schema);

  /**
   * The rows behind this transform; possibly none. Order, commit LSN and ordinal of the rows that
   * remain are kept, and a TRUNCATE always remains.
   *
   * @param batch rows of a table that {@link #schema} did not leave out
   */
  ChangeBatch apply(ChangeBatch batch);

  /**
   * Whether rows of a table may be left out, or get values that the source does not have. Leaving
   * columns out and giving names changes neither.
   *
   * @param schema a form that {@link #schema} took
   */
  default boolean alters(TableSchema schema) {
    return true;
  }
}
