package io.tidemark.engine.pipeline;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.source.SourceEvent;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What travels from the source's thread to a lane, transforms applied. */
sealed interface LaneEvent {
  /**
   * Rows to stage.
   *
   * @param source the table's name at the source; the batch has the copy's
   */
  record Rows(TableName source, ChangeBatch batch) implements LaneEvent {}

  /**
   * A form to prepare the destination for.
   *
   * @param source the table's name at the source; the form has the copy's
   */
  record Form(TableName source, TableSchema schema) implements LaneEvent {}

  /**
   * What the source's catalog says of a table.
   *
   * @param table its name in the copy
   */
  record Definition(TableName table, String text) implements LaneEvent {}

  /** An entry of the state that is the engine's own; empty to remove it. */
  record Entry(String key, Optional<String> value) implements LaneEvent {}

  /**
   * Rows that mend the copy at a boundary that was given just before: staged, and committed there.
   *
   * @param done told the tidemark then, or why nothing was committed
   */
  record Repair(Rows rows, SourceEvent.Boundary at, CompletableFuture<Position> done)
      implements LaneEvent {}

  /** Give the dead letters of a table, by its name in the copy, to the sink again. */
  record Replay(TableName table) implements LaneEvent {}

  /** Nothing more will come: what waits is committed without waiting for more. */
  record End() implements LaneEvent {}

  /** Throw the dead letters of a table, by its name in the copy, away. */
  record Discard(TableName table) implements LaneEvent {}

  /**
   * Change values of a dead letter's row.
   *
   * @param sink whose letter; empty for all sinks that have it
   * @param table its name in the copy
   * @param place where the row stands in the log
   * @param values JSON object of column names to values, that was found to fit
   */
  record Edit(Optional<String> sink, TableName table, String place, String values)
      implements LaneEvent {}

  /** Anything else that the source said. */
  record Said(SourceEvent event) implements LaneEvent {}
}
