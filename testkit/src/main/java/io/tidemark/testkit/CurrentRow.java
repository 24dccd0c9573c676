package io.tidemark.testkit;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.TableSchema;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A row of a table as it is now, in texts.
 *
 * @param values column name to {@link Values#text}; nulls and raw values are left out
 * @param raw column name to PostgreSQL's text, where the type could not hold the value
 */
public record CurrentRow(Map<String, String> values, Map<String, String> raw) {

  /** A value of the model: its text, and whether it is raw; the text is null for a null. */
  private record Cell(String text, boolean raw) {}

  private record Change(ChangeBatch batch, int row) {
    long lsn() {
      return batch.commitLsn(row);
    }

    long ordinal() {
      return batch.ordinal(row);
    }
  }

  /**
   * What is left of changes, applied one after another in the order of their positions by the
   * plainest program there is.
   *
   * @param newest the form under which the rows are seen
   */
  public static List<CurrentRow> fold(TableSchema newest, List<ChangeBatch> batches) {
    List<Change> changes = new ArrayList<>();
    for (ChangeBatch batch : batches) {
      for (int row = 0; row < batch.size(); row++) {
        changes.add(new Change(batch, row));
      }
    }
    changes.sort(
        Comparator.comparing(Change::lsn, Long::compareUnsigned).thenComparing(Change::ordinal));
    Model model = new Model();
    changes.forEach(model::apply);
    return model.seen(newest);
  }

  /** A table that lives through changes; rows are found by looking at all but for one key. */
  private static final class Model {
    private record Row(Map<Integer, Cell> cells, String leaf) {}

    /** By key where the table has one; else each row under a number of its own. */
    private final Map<Object, Row> rows = new HashMap<>();

    private List<Integer> key = List.of();
    private long numbers;

    void apply(Change change) {
      ChangeBatch batch = change.batch();
      int i = change.row();
      if (!batch.schema().key().equals(key)) {
        key = batch.schema().key();
        List<Row> all = List.copyOf(rows.values());
        rows.clear();
        all.forEach(row -> rows.put(place(row.cells()), row));
      }
      Map<Integer, Cell> row = cells(batch.schema(), batch.columns(), i);
      boolean old = batch.beforeKind(i) != ChangeBatch.Before.NONE;
      Map<Integer, Cell> before = old ? cells(batch.schema(), batch.before(), i) : row;
      switch (batch.op(i)) {
        case READ, CREATE -> put(batch, i, row);
        case DELETE -> rows.remove(find(batch, i, row));
        case TRUNCATE -> {
          String leaf = batch.leaf(i);
          rows.values().removeIf(each -> leaf == null || leaf.equals(each.leaf()));
        }
        case UPDATE -> {
          Row was = rows.remove(find(batch, i, before));
          fill(batch, i, row, was);
          put(batch, i, row);
        }
      }
    }

    private static void fill(ChangeBatch batch, int i, Map<Integer, Cell> row, Row was) {
      for (int c = 0; c < batch.columns().size(); c++) {
        if (batch.columns().get(c).isUnchanged(i)) {
          Column column = batch.schema().columns().get(c);
          Cell standard = new Cell(column.backfill().orElse(null), false);
          row.put(column.attnum(), was.cells().getOrDefault(column.attnum(), standard));
        }
      }
    }

    private void put(ChangeBatch batch, int i, Map<Integer, Cell> row) {
      rows.put(place(row), new Row(row, batch.leaf(i)));
    }

    private Object place(Map<Integer, Cell> row) {
      return key.isEmpty() ? Long.valueOf(numbers++) : key.stream().map(row::get).toList();
    }

    /** Where the old row of a change stands; of equal ones, one in the same leaf. */
    private Object find(ChangeBatch batch, int i, Map<Integer, Cell> row) {
      if (batch.schema().hasKey()) {
        return place(row);
      }
      return rows.entrySet().stream()
          .filter(each -> Objects.equals(batch.leaf(i), each.getValue().leaf()))
          .filter(each -> same(batch.schema(), each.getValue().cells(), row))
          .map(Map.Entry::getKey)
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("Cannot find an old row in the model."));
    }

    private static boolean same(TableSchema schema, Map<Integer, Cell> a, Map<Integer, Cell> b) {
      for (Column column : schema.columns()) {
        Cell standard = new Cell(column.backfill().orElse(null), false);
        if (!Objects.equals(
            a.getOrDefault(column.attnum(), standard), b.getOrDefault(column.attnum(), standard))) {
          return false;
        }
      }
      return true;
    }

    private static Map<Integer, Cell> cells(TableSchema schema, List<ColumnData> columns, int i) {
      Map<Integer, Cell> cells = new HashMap<>();
      for (int c = 0; c < columns.size(); c++) {
        Column column = schema.columns().get(c);
        ColumnData data = columns.get(c);
        boolean missing = i >= data.vector().size() || data.vector().isNull(i);
        cells.put(
            column.attnum(),
            data.raw(i) != null
                ? new Cell(data.raw(i), true)
                : new Cell(
                    missing ? null : Values.text(Values.read(column.type(), data.vector(), i)),
                    false));
      }
      return cells;
    }

    List<CurrentRow> seen(TableSchema newest) {
      List<CurrentRow> seen = new ArrayList<>();
      for (Row row : rows.values()) {
        Map<String, String> values = new TreeMap<>();
        Map<String, String> raw = new TreeMap<>();
        for (Column column : newest.columns()) {
          Cell standard = new Cell(column.backfill().orElse(null), false);
          Cell cell = row.cells().getOrDefault(column.attnum(), standard);
          Optional.ofNullable(cell.text())
              .ifPresent(text -> (cell.raw() ? raw : values).put(column.name(), text));
        }
        seen.add(new CurrentRow(values, raw));
      }
      return seen;
    }
  }
}
