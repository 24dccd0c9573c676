package io.tidemark.postgres.sink;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Staged;
import io.tidemark.postgres.sink.Segment.Place;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Rows of snapshots that wait in memory for their commit and go straight into their table then, by
 * one COPY: a stage would write them twice. Only rows that the copy's types cannot refuse; what is
 * more than fits is staged.
 */
final class SnapshotLoad {
  private static final long MOST_BYTES = 64 << 20;

  /** Enough for a commit of its own. */
  private static final long FULL_BYTES = 16 << 20;

  private static final String MARK = "load/";

  /** Batches of one version of a table's form that were sealed together. */
  static final class Load {
    private final long number;
    private final TableSchema schema;
    private final TargetForm form;
    private final List<ChangeBatch> batches = new ArrayList<>();
    private long bytes;

    private Load(long number, TableSchema schema, TargetForm form) {
      this.number = number;
      this.schema = schema;
      this.form = form;
    }

    long number() {
      return number;
    }

    TableName table() {
      return schema.name();
    }

    TargetForm form() {
      return form;
    }

    List<ChangeBatch> batches() {
      return batches;
    }

    private long rows() {
      return batches.stream().mapToLong(ChangeBatch::size).sum();
    }

    /** Columns that forbid nulls by their form, and have one here. */
    Set<Integer> nulls() {
      Set<Integer> nulls = new TreeSet<>();
      for (int c = 0; c < form.columns().size(); c++) {
        if (form.columns().get(c).notNull() && hasNull(c)) {
          nulls.add(form.columns().get(c).attnum());
        }
      }
      return nulls;
    }

    private boolean hasNull(int c) {
      for (ChangeBatch batch : batches) {
        for (int i = 0; i < batch.size(); i++) {
          if (batch.columns().get(c).isSourceNull(i)) {
            return true;
          }
        }
      }
      return false;
    }

    /** Leaves out what lies before a copy attempt. */
    void removeBefore(Place begun) {
      batches.removeIf(
          batch -> new Place(batch.commitLsn(0), batch.ordinal(0) * 2 + 1).compareTo(begun) < 0);
    }

    /** Writes the rows. */
    void write(CopyFormat out) throws SQLException {
      List<TargetColumn> columns = columns(schema, form);
      for (ChangeBatch batch : batches) {
        for (int i = 0; i < batch.size(); i++) {
          out.row(columns.size());
          for (int c = 0; c < columns.size(); c++) {
            out.value(columns.get(c), batch.columns().get(c), i);
          }
        }
      }
      out.end();
    }
  }

  private final boolean unicode;
  private final Map<TableSchema, Load> open = new LinkedHashMap<>();
  private final Map<String, Load> sealed = new HashMap<>();
  private long next = 1;
  private long bytes;

  /**
   * @param unicode whether the copy's database holds every text
   */
  SnapshotLoad(boolean unicode) {
    this.unicode = unicode;
  }

  private static List<TargetColumn> columns(TableSchema schema, TargetForm form) {
    List<TargetColumn> columns = new ArrayList<>();
    for (int c = 0; c < schema.columns().size(); c++) {
      columns.add(new TargetColumn(schema.columns().get(c), form.columns().get(c).type()));
    }
    return columns;
  }

  /** Keeps a batch, if it is of a kind that can go straight in and there is room. */
  boolean takes(ChangeBatch batch, TargetForm form) {
    if (bytes >= MOST_BYTES || form.partitioned() || !unicode || !isPlain(batch, form)) {
      return false;
    }
    Load load =
        open.computeIfAbsent(batch.schema(), schema -> new Load(next++, batch.schema(), form));
    if (!load.form.equals(form)) {
      return false;
    }
    load.batches.add(batch);
    load.bytes += batch.bytes();
    bytes += batch.bytes();
    return true;
  }

  private static boolean isPlain(ChangeBatch batch, TargetForm form) {
    if (batch.size() == 0) {
      return false;
    }
    for (int i = 0; i < batch.size(); i++) {
      if (batch.op(i) != Op.READ) {
        return false;
      }
    }
    List<TargetColumn> columns = columns(batch.schema(), form);
    for (int c = 0; c < columns.size(); c++) {
      Column column = batch.schema().columns().get(c);
      boolean same =
          TargetTypes.builtIn(column).isPresent()
              && form.columns().get(c).type().equals(column.pgType());
      if (!same || !columns.get(c).isBinary(batch.columns().get(c))) {
        return false;
      }
    }
    return true;
  }

  /** Whether a commit soon would free memory. */
  boolean isFull() {
    return bytes >= FULL_BYTES;
  }

  /** Ends what is being kept. */
  List<Staged> seal() {
    List<Staged> pieces = new ArrayList<>();
    for (Load load : open.values()) {
      String description = MARK + load.number;
      sealed.put(description, load);
      pieces.add(new Staged(load.table(), load.rows(), 0, description));
    }
    open.clear();
    return pieces;
  }

  /** Whether a piece is one of these. */
  static boolean isOne(Staged staged) {
    return staged.description().startsWith(MARK);
  }

  /** Those among sealed pieces. */
  List<Load> of(List<Staged> pieces) {
    List<Load> loads = new ArrayList<>();
    for (Staged staged : pieces) {
      if (isOne(staged)) {
        Load load = sealed.get(staged.description());
        if (load == null) {
          throw new IllegalStateException("Cannot commit " + staged + ": it was not sealed here.");
        }
        loads.add(load);
      }
    }
    return loads;
  }

  /** Frees what was committed. */
  void free(List<Staged> pieces) {
    for (Staged staged : pieces) {
      Load load = sealed.remove(staged.description());
      bytes -= load == null ? 0 : load.bytes;
    }
  }
}
