package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.Staged;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that was staged and is not committed, in the order in which it came. A table of the
 * stage is used again for the form that it was made for, so that a steady stream makes none.
 */
final class Stage {
  private final TargetSession session;
  private final Map<TableSchema, StageTable> open = new LinkedHashMap<>();
  private final Map<String, StageTable> sealed = new HashMap<>();

  /** Empty ones, of the newest forms. */
  private final Map<TableName, Deque<StageTable>> free = new HashMap<>();

  private int next;

  Stage(TargetSession session) {
    this.session = session;
  }

  /**
   * Takes a batch.
   *
   * @param form that of its rows in the copy
   */
  void add(ChangeBatch batch, TargetForm form) throws SQLException, SinkException.Rejected {
    StageTable table = open.get(batch.schema());
    if (table == null) {
      table = take(batch.schema(), form);
      open.put(batch.schema(), table);
    }
    table.add(batch);
  }

  private StageTable take(TableSchema schema, TargetForm form) throws SQLException {
    Deque<StageTable> tables = free.computeIfAbsent(schema.name(), name -> new ArrayDeque<>());
    while (!tables.isEmpty()) {
      StageTable table = tables.pop();
      if (table.schema().equals(schema) && table.form().equals(form)) {
        return table;
      }
      session.execute("DROP TABLE " + table.name());
    }
    return new StageTable(session, "pg_temp.stage_" + next++, schema, form);
  }

  /** Ends what is being taken; one piece for each table and version of its form. */
  List<Staged> seal() {
    List<Staged> pieces = new ArrayList<>();
    for (StageTable table : open.values()) {
      sealed.put(table.name(), table);
      pieces.add(new Staged(table.schema().name(), table.rows(), 0, table.name()));
    }
    open.clear();
    return pieces;
  }

  /** The segments of sealed pieces, by table. */
  Map<TableName, List<Segment>> segments(List<Staged> pieces) {
    Map<TableName, List<Segment>> byTable = new LinkedHashMap<>();
    for (Staged piece : pieces) {
      StageTable table = sealed.get(piece.description());
      if (table == null) {
        throw new IllegalStateException("Cannot commit " + piece + ": it was not sealed here.");
      }
      byTable.computeIfAbsent(piece.table(), name -> new ArrayList<>()).add(table.segment());
    }
    return byTable;
  }

  /** Frees what was committed. */
  void free(List<Staged> pieces) throws SQLException {
    for (Staged piece : pieces) {
      StageTable table = sealed.remove(piece.description());
      table.clear();
      free.computeIfAbsent(piece.table(), name -> new ArrayDeque<>()).push(table);
    }
  }
}
