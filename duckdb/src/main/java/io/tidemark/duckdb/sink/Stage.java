package io.tidemark.duckdb.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Staged;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that was staged and is not committed, in the order in which it came. Rows are taken in
 * one transaction, which ends when they are sealed: the driver appends every 2,048 rows by a
 * statement of its own, and by themselves each would begin and end a transaction.
 */
final class Stage {
  private final CopyFile file;
  private final List<StageTable> open = new ArrayList<>();
  private final Map<TableSchema, StageTable> byForm = new LinkedHashMap<>();
  private final Map<String, Segment> sealed = new LinkedHashMap<>();
  private int next;

  Stage(CopyFile file) {
    this.file = file;
  }

  void add(ChangeBatch batch) throws SQLException {
    StageTable table = byForm.get(batch.schema());
    if (open.isEmpty()) {
      file.execute("BEGIN");
    }
    if (table == null) {
      table = new StageTable(file, "stage_" + next++, batch.schema());
      byForm.put(batch.schema(), table);
      open.add(table);
    }
    table.append(batch);
  }

  /** Ends what is being taken; one piece for each table and version of its form. */
  List<Staged> seal() throws SQLException {
    List<Staged> pieces = new ArrayList<>();
    for (StageTable table : open) {
      Segment segment = table.sealed();
      sealed.put(segment.table(), segment);
      pieces.add(new Staged(table.schema().name(), table.rows(), 0, segment.table()));
    }
    if (!open.isEmpty()) {
      file.execute("COMMIT");
    }
    open.clear();
    byForm.clear();
    return pieces;
  }

  /** The segments of sealed pieces, by table. */
  Map<TableName, List<Segment>> segments(List<Staged> pieces) {
    Map<TableName, List<Segment>> byTable = new LinkedHashMap<>();
    for (Staged piece : pieces) {
      Segment segment = sealed.get(piece.description());
      if (segment == null) {
        throw new IllegalStateException("Cannot commit " + piece + ": it was not sealed here.");
      }
      byTable.computeIfAbsent(piece.table(), table -> new ArrayList<>()).add(segment);
    }
    return byTable;
  }

  /** Frees what was committed. */
  void drop(List<Staged> pieces) throws SQLException {
    for (Staged piece : pieces) {
      file.execute("DROP TABLE " + piece.description());
      sealed.remove(piece.description());
    }
  }
}
