package io.tidemark.postgres.stream;

import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.type.ColumnCodec;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Says what the rows under a RELATION message become. Called by the stream's reader thread. What
 * counts is {@link #resolve}, asked once for each RELATION message when the first surviving row
 * under it is released, so that DDL that was rolled back is never seen. All rows of the table
 * before that one have been given to {@link StreamListener#changes} by then, so a new version of
 * its form may be announced from inside that call.
 */
public interface RelationResolver {
  /**
   * The table that the rows belong to. An answer holds until the next RELATION message of the same
   * oid or until {@link #generation} changes; an empty one holds for the transaction alone, so that
   * the table is asked for again in the next (then without rows of other tables being given first).
   *
   * @param relation as last described by the server; an equal one may come again, when anything
   *     about the table or its publication may have changed
   * @param transaction the transaction whose row needs it
   * @return empty where the relation's rows are not captured (not selected, failed, paused, waiting
   *     for its copy)
   */
  Optional<Resolved> resolve(Relation relation, StreamListener.Transaction transaction);

  /**
   * What the rows under a RELATION message are likely to become, asked when it comes inside a
   * transaction in progress. Has no effect. Rows are decoded so as they come; once the transaction
   * has committed {@link #resolve} is asked, and a wrong guess costs time only: rows are placed
   * anew, or the transaction is read again ({@link StaleFormException}).
   *
   * @return empty to keep the rows as they come and decode them when the transaction has committed
   */
  Optional<Resolved> peek(Relation relation);

  /**
   * Counts what makes earlier answers void: the copy of a table begins, a table is paused or has
   * failed. Looked at before each transaction, and after each {@link StreamListener#message} and
   * {@link StreamListener#failed}; a change makes the reader ask again for every relation. Another
   * thread may raise it.
   */
  default long generation() {
    return 0;
  }

  /**
   * Where rows go and how their values are read.
   *
   * @param schema version of the table's form that holds from here on; for a partition the root's
   * @param leaf name of the leaf partition, empty where the table is none
   * @param targets for each wire column the index of the schema's column it fills, -1 for none; no
   *     index twice. A schema's column that none fills is null in every row
   * @param codecs for each wire column how its value is read; null where the target is -1
   */
  record Resolved(
      TableSchema schema, Optional<String> leaf, int[] targets, List<ColumnCodec> codecs) {
    public Resolved {
      // Not List.copyOf: it refuses the nulls of columns that fill nothing.
      codecs = Collections.unmodifiableList(new java.util.ArrayList<>(codecs));
    }
  }
}
