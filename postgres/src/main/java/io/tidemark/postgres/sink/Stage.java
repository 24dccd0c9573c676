package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkException.RowsRejected;
import io.tidemark.api.sink.Staged;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that was staged and is not committed. There is one table for each form of a table; the
 * rows in it are told apart by the piece with which they were sealed, so that pieces can be
 * committed one by one, and a steady stream makes no tables.
 */
final class Stage {
  /** A larger batch is worth a COPY of its own. */
  private static final int SMALL_ROWS = 1_000;

  private static final int KEPT_ROWS = 20_000;

  private record Kind(TableSchema schema, TargetForm form) {}

  private final TargetSession session;
  private final PostgresSinkConfig.Apply apply;
  private final TargetFailure failure;
  private final MadeTypes types;
  private final Map<Kind, StageTable> tables = new LinkedHashMap<>();
  private final Map<String, StageTable> byName = new HashMap<>();
  private final Map<TableName, StageTable> newest = new HashMap<>();

  /** Tables with rows of the piece that is being taken. */
  private final Set<StageTable> open = new LinkedHashSet<>();

  /** Rows that were refused while the rest of what was kept was sent, or still is to be. */
  private final List<RowsRejected.Row> rejected = new ArrayList<>();

  private long piece;
  private int next;
  private long kept;

  Stage(
      TargetSession session,
      PostgresSinkConfig.Apply apply,
      TargetFailure failure,
      MadeTypes types) {
    this.session = session;
    this.apply = apply;
    this.failure = failure;
    this.types = types;
  }

  /**
   * Takes a batch. Where every transaction is applied by itself a small one is kept until {@link
   * #send}: a COPY for each would cost more than all else.
   *
   * @param form that of its rows in the copy
   */
  void add(ChangeBatch batch, TargetForm form) throws SQLException, SinkException {
    Kind kind = new Kind(batch.schema(), form);
    StageTable table = table(kind);
    if (apply == PostgresSinkConfig.Apply.TRANSACTIONAL && batch.size() <= SMALL_ROWS) {
      if (kept + batch.size() > KEPT_ROWS) {
        send();
      }
      table.keep(batch, piece);
      kept += batch.size();
    } else {
      table.add(batch, piece);
    }
    open.add(table);
  }

  private StageTable table(Kind kind) throws SQLException {
    StageTable table = tables.get(kind);
    if (table == null) {
      table = new StageTable(session, "pg_temp.stage_" + next++, kind.schema(), kind.form(), apply);
      tables.put(kind, table);
      byName.put(table.name(), table);
      newest.put(kind.schema().name(), table);
    }
    return table;
  }

  /** Takes rows of a sealed piece that cannot go straight in, all or none, as one of the stage. */
  Staged add(SnapshotLoad.Load load) throws SQLException, SinkException.Rejected {
    TableSchema schema = load.batches().get(0).schema();
    StageTable table = table(new Kind(schema, load.form()));
    long number = -load.number();
    table.add(load.batches(), number);
    return new Staged(load.table(), table.rows(number), 0, table.name() + "/" + number);
  }

  /**
   * Sends what was kept. Where it fails, it is called again for what is left.
   *
   * @throws RowsRejected when the copy cannot hold some of it, now or at any call before
   */
  void send() throws SQLException, RowsRejected {
    if (kept == 0) {
      return;
    }
    for (StageTable table : tables.values()) {
      table.send(failure, types, rejected);
    }
    if (!rejected.isEmpty()) {
      throw new RowsRejected(rejected);
    }
    kept = 0;
  }

  /** Ends what is being taken; one piece for each table and version of its form. */
  List<Staged> seal() {
    List<Staged> pieces = new ArrayList<>();
    for (StageTable table : open) {
      pieces.add(
          new Staged(table.schema().name(), table.rows(piece), 0, table.name() + "/" + piece));
    }
    open.clear();
    piece++;
    return pieces;
  }

  /** The segments of sealed pieces, by table. */
  Map<TableName, List<Segment>> segments(List<Staged> pieces) {
    Map<TableName, List<Segment>> byTable = new LinkedHashMap<>();
    for (Staged staged : pieces) {
      byTable
          .computeIfAbsent(staged.table(), name -> new ArrayList<>())
          .add(table(staged).segment(piece(staged)));
    }
    return byTable;
  }

  private StageTable table(Staged staged) {
    String name = staged.description().substring(0, staged.description().lastIndexOf('/'));
    StageTable table = byName.get(name);
    if (table == null || !table.holds(piece(staged))) {
      throw new IllegalStateException("Cannot commit " + staged + ": it was not sealed here.");
    }
    return table;
  }

  /** The number of a sealed piece. */
  static long piece(Staged staged) {
    String description = staged.description();
    return Long.parseLong(description.substring(description.lastIndexOf('/') + 1));
  }

  /** Frees what was committed. */
  void free(List<Staged> pieces) throws SQLException {
    Set<StageTable> concerned = new LinkedHashSet<>();
    for (Staged staged : pieces) {
      StageTable table = table(staged);
      table.forget(piece(staged));
      concerned.add(table);
    }
    for (StageTable table : concerned) {
      if (!table.isEmpty()) {
        continue;
      }
      if (newest.get(table.schema().name()) == table) {
        table.clear();
      } else {
        session.execute("DROP TABLE " + table.name());
        tables.values().remove(table);
        byName.remove(table.name());
      }
    }
  }
}
