package io.tidemark.bench;

import io.tidemark.api.model.Lsn;

/** A copy that follows its source while commits come. */
interface FollowedCopy extends AutoCloseable {
  /** Everything that was committed before this place of the source's log can be read in it. */
  Lsn tidemark() throws Exception;
}
