package io.tidemark.postgres;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.Op;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.source.ResumePoint;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.postgres.type.PgText;
import io.tidemark.postgres.type.PgTypes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A destination in memory that keeps every change and folds them by the rules of ARCHITECTURE.md:
 * what the source gave, read back as current rows. Only what a boundary covers counts.
 */
final class Copy {
  /** One change; values are PostgreSQL's text by attribute number. */
  record Row(
      Op op,
      long commitLsn,
      long ordinal,
      String leaf,
      Map<Integer, Optional<String>> values,
      List<Integer> unchanged,
      Map<Integer, Optional<String>> before,
      ChangeBatch.Before kind,
      int version) {}

  final Map<TableName, List<Row>> rows = new TreeMap<>();
  final TreeMap<TableName, TableState> tables = new TreeMap<>();
  final Map<TableName, TreeMap<Integer, TableSchema>> schemas = new TreeMap<>();
  final TreeMap<String, String> notes = new TreeMap<>();
  final TreeMap<TableName, String> definitions = new TreeMap<>();
  final List<SourceEvent> log = new ArrayList<>();
  Position position = Position.NONE;
  private final List<SourceEvent> open = new ArrayList<>();

  /** Values that the source refused: {@code table.column = text}. */
  final List<String> refused = new ArrayList<>();

  /** Rows of snapshots that were taken, also where no boundary has covered them yet. */
  long readTaken;

  /** Takes an event; at a boundary everything taken since the last becomes part of the copy. */
  void take(SourceEvent event) {
    open.add(event);
    if (event instanceof SourceEvent.Changes rows && rows.batch().op(0) == Op.READ) {
      readTaken += rows.batch().size();
    }
    if (event instanceof SourceEvent.Boundary boundary) {
      if (!boundary.position().covers(position)) {
        throw new AssertionError("boundary " + boundary + " lies before " + position);
      }
      open.forEach(taken -> refuseHalves(taken, boundary.position()));
      open.forEach(this::commit);
      log.addAll(open);
      open.clear();
      position = boundary.position();
    }
  }

  /** How many events were taken since the last boundary. */
  int open() {
    return open.size();
  }

  /** A change of a commit at or above a boundary would show a part of its transaction. */
  private static void refuseHalves(SourceEvent taken, Position boundary) {
    if (taken instanceof SourceEvent.Changes changes) {
      ChangeBatch batch = changes.batch();
      for (int i = 0; i < batch.size(); i++) {
        boolean ofStream = batch.op(i) != Op.READ && batch.op(i) != Op.TRUNCATE;
        long end = boundary.lsn().value();
        if (ofStream && Long.compareUnsigned(batch.commitLsn(i), end) >= 0) {
          throw new AssertionError("boundary " + boundary + " below the commit of a row before it");
        }
      }
    }
  }

  /** What a crash leaves: nothing above the last boundary. */
  void crash() {
    open.clear();
  }

  ResumePoint resumePoint() {
    Map<TableName, TableSchema> newest = new HashMap<>();
    schemas.forEach((table, versions) -> newest.put(table, versions.lastEntry().getValue()));
    return new ResumePoint(
        position, new TreeMap<>(tables), newest, new TreeMap<>(definitions), new TreeMap<>(notes));
  }

  private void commit(SourceEvent event) {
    if (event instanceof SourceEvent.Changes changes) {
      changes(changes.batch());
    } else if (event instanceof SourceEvent.SchemaChange change) {
      TreeMap<Integer, TableSchema> versions =
          schemas.computeIfAbsent(change.schema().name(), name -> new TreeMap<>());
      if (!versions.isEmpty() && versions.lastKey() >= change.schema().version()) {
        throw new AssertionError("version announced twice: " + change);
      }
      versions.put(change.schema().version(), change.schema());
    } else if (event instanceof SourceEvent.TableChange change) {
      tables.put(change.table(), change.state());
    } else if (event instanceof SourceEvent.Definition definition) {
      definitions.put(definition.table(), definition.text());
    } else if (event instanceof SourceEvent.Note note) {
      note.value()
          .ifPresentOrElse(value -> notes.put(note.key(), value), () -> notes.remove(note.key()));
    }
  }

  private void changes(ChangeBatch batch) {
    TableSchema schema = batch.schema();
    if (!schema.equals(schemas.get(schema.name()).get(schema.version()))) {
      throw new AssertionError("rows of a version that was not announced: " + schema);
    }
    if (schemas.get(schema.name()).lastKey() != schema.version()) {
      throw new AssertionError("rows of version " + schema.version() + " after a newer one");
    }
    PgTypes types = PgTypes.fromJson(notes.getOrDefault("types", "[]"));
    List<PgText> texts = schema.columns().stream().map(column -> PgText.of(types, column)).toList();
    List<Row> table = rows.computeIfAbsent(schema.name(), name -> new ArrayList<>());
    for (int i = 0; i < batch.size(); i++) {
      int odd = batch.refusedColumn(i);
      if (odd >= 0) {
        refused.add(
            schema.name()
                + "."
                + schema.columns().get(odd).name()
                + " = "
                + batch.columns().get(odd).raw(i));
      }
      List<Integer> unchanged = new ArrayList<>();
      for (int c = 0; c < schema.columns().size(); c++) {
        if (batch.columns().get(c).isUnchanged(i)) {
          unchanged.add(schema.columns().get(c).attnum());
        }
      }
      table.add(
          new Row(
              batch.op(i),
              batch.commitLsn(i),
              batch.ordinal(i),
              batch.leaf(i),
              values(schema, texts, batch.columns(), i),
              unchanged,
              batch.beforeKind(i) == ChangeBatch.Before.NONE
                  ? Map.of()
                  : values(schema, texts, batch.before(), i),
              batch.beforeKind(i),
              schema.version()));
    }
  }

  private static Map<Integer, Optional<String>> values(
      TableSchema schema, List<PgText> texts, List<ColumnData> columns, int i) {
    Map<Integer, Optional<String>> values = new LinkedHashMap<>();
    for (int c = 0; c < texts.size(); c++) {
      values.put(schema.columns().get(c).attnum(), texts.get(c).text(columns.get(c), i));
    }
    return values;
  }

  /** All stamps of a table's stream rows, to see that none came twice. */
  List<String> stamps(TableName table) {
    return rows.getOrDefault(table, List.of()).stream()
        .filter(row -> row.op() != Op.READ)
        .map(row -> Long.toHexString(row.commitLsn()) + "/" + row.ordinal() + row.op())
        .toList();
  }

  /** Current rows: text of every column of the newest version, sorted. */
  List<String> current(TableName name) {
    List<Row> history = new ArrayList<>(rows.getOrDefault(name, List.of()));
    history.sort(
        Comparator.<Row>comparingLong(row -> row.commitLsn() ^ Long.MIN_VALUE)
            .thenComparingLong(Row::ordinal));
    if (schemas.get(name) == null) {
      return List.of();
    }
    TableSchema newest = schemas.get(name).lastEntry().getValue();
    List<Row> live = new ArrayList<>();
    Map<String, Row> keyed = new LinkedHashMap<>();
    for (Row row : history) {
      TableSchema schema = schemas.get(name).get(row.version());
      if (schema.hasKey()) {
        fold(keyed, schema, row);
      } else {
        fold(live, row);
      }
    }
    live.addAll(keyed.values());
    return live.stream().map(row -> text(newest, row)).sorted().toList();
  }

  private static void fold(Map<String, Row> keyed, TableSchema schema, Row row) {
    switch (row.op()) {
      case TRUNCATE ->
          keyed.values().removeIf(old -> row.leaf() == null || row.leaf().equals(old.leaf()));
      case READ, CREATE -> {
        if (keyed.put(key(schema, row.values()), row) != null) {
          throw new AssertionError("a row came twice: " + row);
        }
      }
      case DELETE -> keyed.remove(key(schema, row.values()));
      case UPDATE -> {
        Row old =
            keyed.remove(
                key(schema, row.kind() == ChangeBatch.Before.NONE ? row.values() : row.before()));
        keyed.put(key(schema, row.values()), filled(row, old));
      }
    }
  }

  private static Row filled(Row row, Row old) {
    Map<Integer, Optional<String>> values = new LinkedHashMap<>(row.values());
    for (Integer attnum : row.unchanged()) {
      if (row.kind() == ChangeBatch.Before.FULL) {
        values.put(attnum, row.before().get(attnum));
      } else {
        values.put(attnum, old.values().get(attnum));
      }
    }
    return new Row(
        row.op(),
        row.commitLsn(),
        row.ordinal(),
        row.leaf(),
        values,
        List.of(),
        Map.of(),
        row.kind(),
        row.version());
  }

  private static void fold(List<Row> live, Row row) {
    switch (row.op()) {
      case TRUNCATE -> live.removeIf(old -> row.leaf() == null || row.leaf().equals(old.leaf()));
      case READ, CREATE -> live.add(row);
      case DELETE -> removeOne(live, row.values());
      case UPDATE -> {
        Row old = removeOne(live, row.before());
        live.add(filled(row, old));
      }
    }
  }

  private static Row removeOne(List<Row> live, Map<Integer, Optional<String>> values) {
    for (int i = 0; i < live.size(); i++) {
      if (live.get(i).values().equals(values)) {
        return live.remove(i);
      }
    }
    throw new AssertionError("no row like " + values);
  }

  private static String key(TableSchema schema, Map<Integer, Optional<String>> values) {
    return schema.key().stream().map(attnum -> values.get(attnum)).toList().toString();
  }

  private static String text(TableSchema newest, Row row) {
    List<String> texts = new ArrayList<>();
    for (io.tidemark.api.model.Column column : newest.columns()) {
      Optional<String> value = row.values().get(column.attnum());
      texts.add(value == null ? column.backfill().orElse("∅") : value.orElse("∅"));
    }
    return texts.toString();
  }
}
