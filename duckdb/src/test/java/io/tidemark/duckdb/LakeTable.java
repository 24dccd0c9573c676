package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table of a lake, whose Parquet files DuckDB itself writes in the form that the sink gives them.
 */
final class LakeTable {
  static final DataType TEXT = new DataType.Text();
  static final DataType BIGINT = new DataType.Int(64);
  static final DataType INTEGER = new DataType.Int(32);

  private final Path folder;
  private final List<TableSchema> versions = new ArrayList<>();
  private final List<DataFile> files = new ArrayList<>();
  private TableState state =
      new TableState(TableState.Phase.MEMBER, 1, Optional.empty(), 0, -1, Lsn.parse("0/10"));

  LakeTable(Path folder, TableSchema first) {
    this.folder = folder;
    versions.add(first);
  }

  static Column column(int attnum, String name, DataType type) {
    return column(attnum, name, type, "text", null);
  }

  static Column column(int attnum, String name, DataType type, String pgType, String backfill) {
    return new Column(
        attnum, name, type, pgType, 25, -1, false, false, Optional.ofNullable(backfill));
  }

  static TableSchema schema(
      String name, int version, ReplicaIdentity identity, List<Integer> key, Column... columns) {
    return new TableSchema(
        TableName.parse(name), 16_384, version, Arrays.asList(columns), key, identity, false);
  }

  TableSchema newest() {
    return versions.get(versions.size() - 1);
  }

  LakeTable version(TableSchema schema) {
    versions.add(schema);
    return this;
  }

  LakeTable state(TableState.Phase phase, String reason) {
    state = new TableState(phase, 1, Optional.ofNullable(reason), 0, -1, Lsn.parse("0/10"));
    return this;
  }

  CopiedTable copied() {
    return new CopiedTable(versions, state, files);
  }

  /** Writes changes under the newest version as one file. */
  LakeTable file(Change... changes) throws Exception {
    return file(Arrays.asList(changes));
  }

  LakeTable file(List<Change> changes) throws Exception {
    TableSchema schema = newest();
    List<String> extras = extras(schema, changes);
    List<String> rows = new ArrayList<>();
    for (Change change : changes) {
      rows.add(row(schema, change, extras));
    }
    Path day = folder.resolve(schema.name().toString()).resolve("date=2026-11-21");
    Files.createDirectories(day);
    Path file = day.resolve("part_" + files.size() + ".parquet");
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement()) {
      statement.execute("SET TimeZone = 'UTC'");
      statement.execute(
          "COPY ("
              + "SELECT * FROM (VALUES "
              + String.join(",\n", rows)
              + ") AS t("
              + names(schema, extras)
              + ")"
              + ") TO "
              + SqlText.value(file.toString())
              + " (FORMAT parquet, CODEC zstd"
              + ids(schema)
              + ")");
    }
    boolean unchanged =
        changes.stream().flatMap(change -> change.cells().stream()).anyMatch(Cell::unchanged);
    files.add(new DataFile(file.toString(), changes.size(), schema.version(), extras, unchanged));
    return this;
  }

  private static List<String> extras(TableSchema schema, List<Change> changes) {
    List<String> extras = new ArrayList<>();
    for (int i = 0; i < schema.columns().size(); i++) {
      String raw = schema.columns().get(i).name() + "__raw";
      if (anyRaw(changes, i, Change::cells)) {
        extras.add(raw);
      }
      if (anyRaw(changes, i, Change::old)) {
        extras.add("_old." + raw);
      }
    }
    if (changes.stream().anyMatch(change -> change.old() != null)) {
      extras.add("_old");
    }
    if (changes.stream().anyMatch(change -> change.leaf() != null)) {
      extras.add("_partition");
    }
    return extras;
  }

  private static boolean anyRaw(
      List<Change> changes, int column, Function<Change, List<Cell>> side) {
    return changes.stream()
        .map(side)
        .anyMatch(cells -> cells != null && column < cells.size() && cells.get(column).raw());
  }

  private static String row(TableSchema schema, Change change, List<String> extras) {
    List<String> items = new ArrayList<>();
    for (int i = 0; i < schema.columns().size(); i++) {
      Column column = schema.columns().get(i);
      items.add(value(column, change.cells(), i));
    }
    items.add(SqlText.value(Character.toString(change.op())));
    items.add(number(change.lsn()));
    items.add(number(change.seq()));
    items.add("7::BIGINT");
    items.add("TIMESTAMPTZ '2026-11-21 10:00:00+00'");
    items.add(unchangedNames(schema, change));
    if (extras.contains("_old")) {
      items.add(old(schema, change.old(), extras));
    }
    for (int i = 0; i < schema.columns().size(); i++) {
      String name = schema.columns().get(i).name() + "__raw";
      if (extras.contains(name)) {
        items.add(rawText(change.cells(), i));
      }
    }
    if (extras.contains("_partition")) {
      items.add(text(change.leaf()));
    }
    return "(" + String.join(", ", items) + ")";
  }

  /** Attribute numbers as field ids; DuckDB cannot write them for names that only case parts. */
  private static String ids(TableSchema schema) {
    List<String> names = schema.columns().stream().map(Column::name).toList();
    if (names.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().count()
        < names.size()) {
      return "";
    }
    return schema.columns().stream()
        .map(column -> SqlText.name(column.name()) + ": " + column.attnum())
        .collect(Collectors.joining(", ", ", FIELD_IDS {", "}"));
  }

  private static String names(TableSchema schema, List<String> extras) {
    List<String> names = new ArrayList<>();
    schema.columns().forEach(column -> names.add(column.name()));
    names.addAll(List.of("_op", "_lsn", "_seq", "_xid", "_committed_at", "_unchanged"));
    if (extras.contains("_old")) {
      names.add("_old");
    }
    for (Column column : schema.columns()) {
      if (extras.contains(column.name() + "__raw")) {
        names.add(column.name() + "__raw");
      }
    }
    if (extras.contains("_partition")) {
      names.add("_partition");
    }
    return names.stream().map(SqlText::name).collect(Collectors.joining(", "));
  }

  private static String old(TableSchema schema, List<Cell> old, List<String> extras) {
    List<String> fields = new ArrayList<>();
    List<Cell> cells = old == null ? List.of() : old;
    for (int i = 0; i < schema.columns().size(); i++) {
      Column column = schema.columns().get(i);
      fields.add(SqlText.name(column.name()) + " := " + value(column, cells, i));
      if (extras.contains("_old." + column.name() + "__raw")) {
        fields.add(SqlText.name(column.name() + "__raw") + " := " + rawText(cells, i));
      }
    }
    return "CASE WHEN "
        + (old != null)
        + " THEN struct_pack("
        + String.join(", ", fields)
        + ") END";
  }

  private static String value(Column column, List<Cell> cells, int i) {
    boolean none = i >= cells.size() || cells.get(i).raw();
    return PgLiteral.of(column, none ? null : cells.get(i).text());
  }

  private static String rawText(List<Cell> cells, int i) {
    return text(i < cells.size() && cells.get(i).raw() ? cells.get(i).text() : null);
  }

  private static String unchangedNames(TableSchema schema, Change change) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < change.cells().size(); i++) {
      if (change.cells().get(i).unchanged()) {
        names.add(schema.columns().get(i).name());
      }
    }
    return names.isEmpty() ? "NULL::VARCHAR[]" : SqlText.list(names);
  }

  private static String text(String text) {
    return text == null ? "NULL::VARCHAR" : SqlText.value(text);
  }

  private static String number(long number) {
    return number == Long.MIN_VALUE ? "(-9223372036854775808)::BIGINT" : number + "::BIGINT";
  }
}
