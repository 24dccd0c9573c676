package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.source.SourceEvent;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** What goes into the queue, counted. Guarded by the {@link TableBook} that has it. */
final class Outbox {
  private final EventQueue queue;
  private final AtomicLong rowsGiven = new AtomicLong();
  private long sinceBoundary;

  Outbox(EventQueue queue) {
    this.queue = queue;
  }

  private void put(SourceEvent event) {
    sinceBoundary++;
    queue.put(event);
  }

  /** Rows given so far; any thread, guarded by nothing. */
  long rowsGiven() {
    return rowsGiven.get();
  }

  /** Whether nothing was given since the last boundary. */
  boolean isEmpty() {
    return sinceBoundary == 0;
  }

  /** Where a table stands. */
  void state(TrackedTable table) {
    put(new SourceEvent.TableChange(table.name, table.state));
  }

  void rows(ChangeBatch batch) {
    rowsGiven.addAndGet(batch.size());
    put(new SourceEvent.Changes(batch));
  }

  /** Rows so far of a table, or of a leaf of it, do not count any more. */
  void truncate(
      TableSchema schema, Optional<String> leaf, long commitLsn, long ordinal, long committedAt) {
    ChangeBatch batch = new ChangeBatch(schema);
    batch.addRow(Op.TRUNCATE, commitLsn, ordinal, 0, committedAt);
    leaf.ifPresent(batch::leaf);
    batch.columns().forEach(column -> column.vector().addNull());
    rows(batch);
  }

  /** Every version of a table's form up to a number that was not announced yet. */
  void versions(TrackedTable table, int upTo) {
    for (TableSchema schema : table.history.above(table.announced)) {
      if (schema.version() <= upTo) {
        put(new SourceEvent.SchemaChange(schema));
        table.announced = schema.version();
      }
    }
  }

  /** What the catalog says of a table. */
  void definition(TableName table, String text) {
    put(new SourceEvent.Definition(table, text));
  }

  /** Something to be found again; empty to forget it. */
  void note(String key, Optional<String> value) {
    put(new SourceEvent.Note(key, value));
  }

  void boundary(Position position, long micros) {
    queue.put(new SourceEvent.Boundary(position, micros));
    sinceBoundary = 0;
  }
}
