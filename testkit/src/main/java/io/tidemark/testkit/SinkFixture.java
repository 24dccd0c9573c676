package io.tidemark.testkit;

import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Sink;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One destination, empty at first, with the ways to write to it and to look at it. */
public interface SinkFixture extends AutoCloseable {
  /** Another sink on this destination, not opened yet, as a new process would make it. */
  Sink newSink();

  /**
   * The history of a table as a reader sees it that follows the committed state and shares nothing
   * with the writer, best another engine: every committed row in the order of {@code (lsn, seq)},
   * columns by the names of the newest form, dropped columns left out; a table that was never
   * committed has no rows. Empty where the destination keeps no history.
   */
  Optional<List<CommittedRow>> history(TableName table);

  /**
   * The rows of a table as of the last commit, seen by such a reader, in any order. Empty where the
   * destination keeps changes alone, which a reader must fold.
   */
  default Optional<List<CurrentRow>> current(TableName table) {
    return Optional.empty();
  }

  /**
   * The types of a table's columns as the destination's own catalog names them, by the names that
   * PostgreSQL has for the columns. Empty where the fixture cannot tell.
   */
  default Map<String, String> columnTypes(TableName table) {
    return Map.of();
  }

  /**
   * Does what the death of a process does to its sink and nothing more: frees locks of the
   * operating system, for instance. The sink is not closed.
   */
  default void kill(Sink sink) {}

  /** A reader of the last commit; empty where the module has none. */
  default Optional<CopyReader> reader() {
    return Optional.empty();
  }

  /** A form that this kind of destination can never hold; empty where it holds all. */
  default Optional<TableSchema> refusedForm() {
    return Optional.empty();
  }

  /**
   * Rows under a form that the destination holds, of which at least one can never be written; empty
   * where it writes all.
   */
  default Optional<ChangeBatch> refusedRows() {
    return Optional.empty();
  }

  @Override
  void close() throws Exception;
}
