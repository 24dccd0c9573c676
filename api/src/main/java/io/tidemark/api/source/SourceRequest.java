package io.tidemark.api.source;

import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import java.time.Duration;

/** What can be asked of a running source. */
public sealed interface SourceRequest {
  /** Copy a table again from the beginning. */
  record Recopy(TableName table) implements SourceRequest {}

  /** Leave a table out until it is resumed; its rows so far stay. */
  record Pause(TableName table) implements SourceRequest {}

  /** Take a paused or failed table in again, by a new copy. */
  record Resume(TableName table) implements SourceRequest {}

  /**
   * Give a boundary as soon as everything below the position has been given, and before anything of
   * a commit beyond it: the boundary covers the position and lies below the next commit. Also on an
   * idle source, without waiting for its next commit.
   */
  record CutAt(Position position) implements SourceRequest {}

  /**
   * Read nothing more of the log, until the next {@link CutAt} or until a time is over. What a
   * position means that is made after this was asked is not read before, so a cut there is exact.
   * Asked again, the new time counts; zero ends it.
   */
  record Hold(Duration longest) implements SourceRequest {}

  /**
   * Give a boundary behind each commit that has rows, so that copies can show every transaction by
   * itself. Asked before the source is opened, for as long as it is.
   */
  record EachTransaction() implements SourceRequest {}

  /** A sink could not follow a table: give no more of its rows, and say FAILED with the reason. */
  record Fail(TableName table, String reason) implements SourceRequest {}
}
