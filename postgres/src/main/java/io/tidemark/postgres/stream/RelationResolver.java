package io.tidemark.postgres.stream;

import io.tidemark.api.model.TableSchema;
import io.tidemark.postgres.type.ColumnCodec;
import java.util.List;
import java.util.Optional;

/**
 * Says what the rows under a RELATION message become. Called by the stream's reader thread, once
 * for each relation when the first surviving row under a new RELATION is released, so that DDL that
 * was rolled back is never seen.
 */
public interface RelationResolver {
  /**
   * The table that the rows belong to. An answer holds until the next RELATION message of the same
   * oid or until {@link #generation} changes; an empty one holds for the transaction alone, so that
   * the table is asked for again in the next.
   *
   * @param commitLsn commit LSN of the transaction whose row needs it, unsigned
   * @return empty where the relation's rows are not captured (not selected, failed, paused, waiting
   *     for its copy)
   */
  Optional<Resolved> resolve(Relation relation, long commitLsn);

  /**
   * Counts what makes earlier answers void: the copy of a table begins, a table is paused. Read by
   * the reader thread once for each transaction; a change makes it ask again for every relation.
   */
  default long generation() {
    return 0;
  }

  /**
   * Where rows go and how their values are read.
   *
   * @param schema version of the table's form that holds from here on; for a partition the root's
   * @param leaf name of the leaf partition, empty where the table is none
   * @param targets for each wire column the index of the schema's column it fills, -1 for none
   * @param codecs for each wire column how its value is read; null where the target is -1
   */
  record Resolved(
      TableSchema schema, Optional<String> leaf, int[] targets, List<ColumnCodec> codecs) {}
}
