package io.tidemark.engine.pipeline;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.source.SourceEvent;

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

  /** Anything else that the source said. */
  record Said(SourceEvent event) implements LaneEvent {}

  /** Bytes of memory that it holds. */
  default long bytes() {
    return this instanceof Rows rows ? rows.batch().bytes() : 0;
  }
}
