package io.tidemark.api.source;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import java.util.Optional;

/**
 * What a source says, in order. Everything said before a boundary is committed with it or after it,
 * never before.
 */
public sealed interface SourceEvent {
  /** Rows of one table. They count from the next boundary on. */
  record Changes(ChangeBatch batch) implements SourceEvent {}

  /**
   * Everything of every commit below the position has been given, and nothing of any other. Copies
   * may be made visible here and nowhere else.
   *
   * @param position never below an earlier one of the same run
   * @param committedAtMicros commit time of the last commit below it, microseconds since 1970 UTC;
   *     for an idle source the time at which it was seen to be idle
   */
  record Boundary(Position position, long committedAtMicros) implements SourceEvent {}

  /** A new version of a table's form; it holds for the rows of the table that come after it. */
  record SchemaChange(TableSchema schema) implements SourceEvent {}

  /**
   * What the source's own catalog says of a table beyond its form, as of the last look: what a copy
   * of the same kind may take over. It is kept with the state and given back at the next start.
   *
   * @param table by its name at the source
   * @param text in the source's own form, with a version in it; see {@link
   *     io.tidemark.api.sink.Sink#describe}
   */
  record Definition(TableName table, String text) implements SourceEvent {}

  /** A table entered another step of its life. */
  record TableChange(TableName table, TableState state) implements SourceEvent {}

  /**
   * Something the source must find again after a restart, to be committed with the rows before it
   * (identity of the database, finished chunks of a snapshot, membership of publications).
   *
   * @param key unique among the source's notes, short, printable
   * @param value empty to forget the key
   */
  record Note(String key, Optional<String> value) implements SourceEvent {}

  /**
   * Nothing more will come: the source was to give what is there and no more. What was given before
   * the last boundary is committed, then the pipeline ends.
   */
  record End() implements SourceEvent {}
}
