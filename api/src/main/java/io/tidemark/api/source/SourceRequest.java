package io.tidemark.api.source;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;

/** What can be asked of a running source. */
public sealed interface SourceRequest {
  /** Copy a table again from the beginning. */
  record Recopy(TableName table) implements SourceRequest {}

  /** Leave a table out until it is resumed; its rows so far stay. */
  record Pause(TableName table) implements SourceRequest {}

  /** Take a paused or failed table in again, by a new copy. */
  record Resume(TableName table) implements SourceRequest {}

  /**
   * Give a boundary exactly at the last commit whose end is at or below the position, before
   * anything of a later one, and right after it {@link SourceEvent.Cut}; also on an idle source.
   */
  record CutAt(Position position) implements SourceRequest {}

  /** A sink could not follow a table: give no more of its rows, and say FAILED with the reason. */
  record Fail(TableName table, String reason) implements SourceRequest {}
}
