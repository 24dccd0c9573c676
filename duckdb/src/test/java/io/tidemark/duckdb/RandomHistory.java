package io.tidemark.duckdb;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A table that lives through random changes and writes them down as PostgreSQL would log them. What
 * it holds at the end is the truth that a reader of the lake must find.
 */
final class RandomHistory {
  private static final int KEYS = 8;

  /** A row: attribute number to PostgreSQL's text, with the leaf it lives in. */
  private record Row(Map<Integer, String> values, String leaf) {}

  private final Random random;
  private final boolean keyed;
  private final boolean full;
  private final boolean partitioned;
  private final LakeTable lake;
  private final List<Row> rows = new ArrayList<>();
  private final List<Change> pending = new ArrayList<>();
  private long lsn;
  private long seq;
  private int nextAttnum = 6;

  RandomHistory(Path folder, long seed) {
    // Neighbouring seeds begin with nearly the same numbers unless they are spread.
    random = new Random(seed * 0x9E3779B97F4A7C15L);
    keyed = random.nextInt(4) != 0;
    full = !keyed || random.nextInt(3) == 0;
    partitioned = random.nextInt(3) == 0;
    // Some histories cross the place where an unsigned number looks negative.
    lsn = random.nextBoolean() ? 1_000 : Long.MAX_VALUE - 60;
    List<Integer> key = !keyed ? List.of() : random.nextBoolean() ? List.of(1) : List.of(2, 1);
    lake =
        new LakeTable(
            folder,
            LakeTable.schema(
                "public.lived",
                1,
                full ? ReplicaIdentity.FULL : ReplicaIdentity.DEFAULT,
                key,
                LakeTable.column(1, "id", LakeTable.BIGINT, "bigint", null),
                LakeTable.column(2, "kind", LakeTable.TEXT),
                LakeTable.column(3, "big", LakeTable.TEXT),
                LakeTable.column(4, "amount", new DataType.Decimal(9, 2), "numeric(9,2)", null),
                LakeTable.column(5, "rate", new DataType.Float(64), "double precision", null)));
  }

  LakeTable live(int steps) throws Exception {
    attempt();
    for (int i = 0; i < steps; i++) {
      step();
      if (random.nextInt(3) == 0) {
        lsn += 1 + random.nextInt(5);
        seq = 0;
      }
      if (random.nextInt(30) == 0) {
        flush();
      }
    }
    flush();
    return lake;
  }

  /** The rows at the end, in the order of the newest version's columns. */
  List<List<String>> truth() {
    return rows.stream()
        .map(
            row ->
                lake.newest().columns().stream()
                    .map(column -> row.values().get(column.attnum()))
                    .toList())
        .toList();
  }

  private void step() throws Exception {
    int dice = random.nextInt(1000);
    if (dice < 350) {
      insert();
    } else if (dice < 750) {
      update();
    } else if (dice < 930) {
      delete();
    } else if (dice < 936) {
      truncate(null);
    } else if (dice < 950 && partitioned) {
      truncate(leaf(random.nextInt(3)));
    } else if (dice < 955) {
      attempt();
    } else if (dice < 970) {
      changeForm();
    }
  }

  private void insert() {
    Map<Integer, String> values = new HashMap<>();
    for (Column column : lake.newest().columns()) {
      values.put(column.attnum(), value(column));
    }
    if (keyed && at(values) >= 0) {
      return;
    }
    Row row = new Row(values, partitioned ? leaf(random.nextInt(3)) : null);
    rows.add(row);
    log('c', row, cells(row), null);
  }

  private void update() {
    if (rows.isEmpty()) {
      return;
    }
    int index = random.nextInt(rows.size());
    Row before = rows.get(index);
    Map<Integer, String> after = new HashMap<>(before.values());
    List<Integer> unchanged = new ArrayList<>();
    boolean keyChanges = random.nextInt(3) == 0;
    for (Column column : lake.newest().columns()) {
      boolean isKey = lake.newest().key().contains(column.attnum());
      if (isKey ? keyChanges : random.nextInt(3) == 0) {
        after.put(column.attnum(), value(column));
      } else if (!isKey && column.name().startsWith("big") && random.nextInt(4) != 0) {
        unchanged.add(column.attnum());
      }
    }
    boolean moved = !key(after).equals(key(before.values()));
    if (keyed && moved && at(after) >= 0) {
      return;
    }
    Row row = new Row(after, before.leaf());
    rows.set(index, row);
    List<Cell> cells = new ArrayList<>(cells(row));
    for (int attnum : unchanged) {
      cells.set(lake.newest().indexOf(attnum), Cell.UNCHANGED);
    }
    log('u', row, cells, full ? cells(before) : keyed && moved ? keyCells(before) : null);
  }

  private void delete() {
    if (!rows.isEmpty()) {
      Row row = rows.remove(random.nextInt(rows.size()));
      log('d', row, full ? cells(row) : keyCells(row), null);
    }
  }

  private void truncate(String leaf) {
    pending.add(new Change('t', lsn, seq++, List.of(), null, leaf));
    rows.removeIf(row -> leaf == null || leaf.equals(row.leaf()));
  }

  /** A copy attempt that dies half way, then one that does not. */
  private void attempt() {
    for (int end : List.of(rows.size() / 2, rows.size())) {
      lsn++;
      seq = 0;
      pending.add(Change.truncate(lsn, seq++));
      for (Row row : rows.subList(0, end)) {
        log('r', row, cells(row), null);
      }
    }
    lsn++;
    seq = 0;
  }

  private void changeForm() throws Exception {
    flush();
    List<Column> columns = new ArrayList<>(lake.newest().columns());
    int last = columns.size() - 1;
    switch (random.nextInt(4)) {
      case 0 -> {
        String backfill = random.nextBoolean() ? "b" + nextAttnum : null;
        Column added =
            LakeTable.column(nextAttnum, "big" + nextAttnum++, LakeTable.TEXT, "text", backfill);
        columns.add(added);
        rows.forEach(row -> row.values().put(added.attnum(), backfill));
      }
      case 1 -> {
        if (last > 3) {
          columns.remove(3 + random.nextInt(last - 2));
        }
      }
      case 2 -> {
        int i = random.nextInt(columns.size());
        Column old = columns.get(i);
        String prefix = old.name().startsWith("big") ? "big_" : "n_";
        // its number is used up, or two renames might draw the same name
        columns.set(i, copy(old, prefix + nextAttnum++ + "_" + random.nextInt(1000), old.type()));
      }
      default -> {
        int i = lake.newest().indexOf(4);
        if (i >= 0 && columns.get(i).type() instanceof DataType.Decimal decimal) {
          DataType wider =
              decimal.precision() < 20
                  ? new DataType.Decimal(decimal.precision() + 4, 2)
                  : LakeTable.TEXT;
          columns.set(i, copy(columns.get(i), columns.get(i).name(), wider));
        }
      }
    }
    TableSchema newest = lake.newest();
    lake.version(
        new TableSchema(
            newest.name(),
            newest.relationOid(),
            newest.version() + 1,
            columns,
            newest.key(),
            newest.identity(),
            newest.partitioned()));
  }

  private static Column copy(Column old, String name, DataType type) {
    return new Column(old.attnum(), name, type, old.pgType(), 25, -1, false, false, old.backfill());
  }

  private String value(Column column) {
    boolean isKey = lake.newest().key().contains(column.attnum());
    if (!isKey && random.nextInt(6) == 0) {
      return null;
    }
    // Without a key the values are few, so that many rows are equal.
    return switch (column.attnum()) {
      case 1 -> Integer.toString(random.nextInt(keyed ? KEYS : 2));
      case 2 -> keyed ? List.of("a", "B", "ä", "").get(random.nextInt(4)) : "a";
      case 4 -> keyed ? List.of("1.50", "NaN", "0.00").get(random.nextInt(3)) : "NaN";
      case 5 -> List.of("0", "-0", "NaN", "1e+300", "Infinity").get(random.nextInt(keyed ? 5 : 3));
      default -> "v" + random.nextInt(keyed ? 1_000_000 : 2);
    };
  }

  private List<Cell> cells(Row row) {
    List<Cell> cells = new ArrayList<>();
    for (Column column : lake.newest().columns()) {
      String text = row.values().get(column.attnum());
      cells.add(
          text != null && !PgLiteral.fits(column.type(), text) ? Cell.raw(text) : Cell.of(text));
    }
    return cells;
  }

  private List<Cell> keyCells(Row row) {
    List<Cell> cells = new ArrayList<>(cells(row));
    for (int i = 0; i < cells.size(); i++) {
      if (!lake.newest().key().contains(lake.newest().columns().get(i).attnum())) {
        cells.set(i, Cell.NULL);
      }
    }
    return cells;
  }

  private List<String> key(Map<Integer, String> values) {
    return lake.newest().key().stream().map(values::get).toList();
  }

  private int at(Map<Integer, String> values) {
    return Optional.of(rows.stream().map(row -> key(row.values())).toList())
        .map(keys -> keys.indexOf(key(values)))
        .orElseThrow();
  }

  private void log(char op, Row row, List<Cell> cells, List<Cell> old) {
    pending.add(new Change(op, lsn, seq++, List.copyOf(cells), old, row.leaf()));
  }

  private void flush() throws Exception {
    if (!pending.isEmpty()) {
      lake.file(List.copyOf(pending));
      pending.clear();
    }
  }

  private static String leaf(int number) {
    return "lived_" + number;
  }
}
