package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.duckdb.ChangeTables;
import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.StoredForms;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the file knows of tables beside their rows as they are: every version of their forms, and,
 * where changes are kept, every change. Changes of one version lie in a table of its own, with just
 * the columns that they need, as they do in a file of a lake: so nothing of a history is ever
 * rewritten or lost, whatever becomes of the form. What users see are views.
 */
final class History {
  private static final String VERSIONS = "versions";
  private static final String PIECES = "histories";

  /** Behind the name of a table: the view of its changes. */
  static final String CHANGES = "_changes";

  /**
   * A table of changes.
   *
   * @param extras names of the columns behind those that every such table has: {@code _old}, {@code
   *     _old.<column>__raw}, {@code <column>__raw}, {@code _partition}
   * @param unchanged whether rows may have unchanged values
   */
  private record Piece(int version, int number, SortedSet<String> extras, boolean unchanged) {
    String name(TableName table) {
      return "changes/" + table + "/" + version + "/" + number;
    }
  }

  private final CopyFile file;
  private final Keep keep;
  private final Map<TableName, TreeMap<Integer, TableSchema>> versions;
  private final Map<TableName, List<Piece>> pieces;

  /** Tables whose views are not what they must be any more. */
  private final Set<TableName> outdated = new HashSet<>();

  private History(
      CopyFile file,
      Keep keep,
      Map<TableName, TreeMap<Integer, TableSchema>> versions,
      Map<TableName, List<Piece>> pieces) {
    this.file = file;
    this.keep = keep;
    this.versions = versions;
    this.pieces = pieces;
  }

  /** Makes what is missing and reads what is there, within the caller's transaction. */
  static History open(CopyFile file, Keep keep) throws SQLException {
    file.execute(StoredForms.create(file.own(VERSIONS)));
    file.execute(
        "CREATE TABLE IF NOT EXISTS "
            + file.own(PIECES)
            + " (schema_name VARCHAR, table_name VARCHAR, version INTEGER, number INTEGER, extras"
            + " VARCHAR[], unchanged BOOLEAN)");
    Map<TableName, TreeMap<Integer, TableSchema>> versions = new LinkedHashMap<>();
    file.forms(VERSIONS)
        .forEach(
            (table, forms) ->
                forms.forEach(
                    form ->
                        versions
                            .computeIfAbsent(table, any -> new TreeMap<>())
                            .put(form.version(), form)));
    Map<TableName, List<Piece>> pieces = new LinkedHashMap<>();
    file.query(
        "SELECT schema_name, table_name, version, number, extras, unchanged FROM "
            + file.own(PIECES)
            + " ORDER BY ALL",
        row ->
            pieces
                .computeIfAbsent(
                    new TableName(row.getString(1), row.getString(2)), any -> new ArrayList<>())
                .add(
                    new Piece(
                        row.getInt(3),
                        row.getInt(4),
                        texts((Object[]) row.getArray(5).getArray()),
                        row.getBoolean(6))));
    return new History(file, keep, versions, pieces);
  }

  private static SortedSet<String> texts(Object[] from) {
    SortedSet<String> texts = new TreeSet<>();
    for (Object text : from) {
      texts.add((String) text);
    }
    return texts;
  }

  /** The same, to be changed by a transaction; given up with it. */
  History begin() {
    Map<TableName, TreeMap<Integer, TableSchema>> forms = new LinkedHashMap<>();
    versions.forEach((table, all) -> forms.put(table, new TreeMap<>(all)));
    Map<TableName, List<Piece>> held = new LinkedHashMap<>();
    pieces.forEach((table, all) -> held.put(table, new ArrayList<>(all)));
    return new History(file, keep, forms, held);
  }

  /** Whether a table is of this copy. */
  boolean knows(TableName table) {
    return versions.containsKey(table);
  }

  /** Writes a version of a table's form down. */
  void know(TableSchema form) throws SQLException {
    TreeMap<Integer, TableSchema> known =
        versions.computeIfAbsent(form.name(), any -> new TreeMap<>());
    if (!form.equals(known.put(form.version(), form))) {
      for (String statement : StoredForms.save(file.own(VERSIONS), form)) {
        file.execute(statement);
      }
      outdated.add(form.name());
    }
  }

  /** Adds changes, where they are kept. */
  void add(TableName table, List<Segment> segments) throws SQLException {
    if (keep.changes()) {
      for (Segment segment : segments) {
        add(table, segment);
      }
    }
  }

  private void add(TableName table, Segment segment) throws SQLException {
    TableSchema form = versions.get(table).get(segment.form().version());
    Piece piece = piece(form, segment);
    List<String> values = new ArrayList<>();
    form.columns().forEach(column -> values.add("c" + column.attnum()));
    values.add("chr(_op), _lsn, _seq, _xid, make_timestamptz(_at)");
    values.add(unchanged(form, segment));
    for (String extra : piece.extras()) {
      if (!extra.startsWith("_old.")) {
        values.add(extra(form, segment, extra, piece));
      }
    }
    file.execute(
        "INSERT INTO "
            + file.own(piece.name(table))
            + " SELECT "
            + String.join(", ", values)
            + " FROM "
            + segment.table());
  }

  private static String unchanged(TableSchema form, Segment segment) {
    List<String> names = new ArrayList<>();
    for (Column column : form.columns()) {
      if (segment.has("u" + column.attnum())) {
        names.add(
            "CASE WHEN u" + column.attnum() + " THEN " + SqlText.value(column.name()) + " END");
      }
    }
    if (names.isEmpty()) {
      return "NULL::VARCHAR[]";
    }
    String list = "list_filter([" + String.join(", ", names) + "], lambda n: n IS NOT NULL)";
    return "CASE WHEN len(" + list + ") > 0 THEN " + list + " END";
  }

  private static String extra(TableSchema form, Segment segment, String extra, Piece piece) {
    if (extra.equals(TargetForm.LEAF)) {
      return segment.has(Segment.LEAF) ? Segment.LEAF : "NULL::VARCHAR";
    } else if (extra.equals("_old")) {
      if (!segment.has(Segment.BEFORE)) {
        return "NULL";
      }
      List<String> fields = new ArrayList<>();
      for (Column column : form.columns()) {
        fields.add(SqlText.name(column.name()) + " := o" + column.attnum());
      }
      for (Column column : rawInOld(form, piece)) {
        String raw = "q" + column.attnum();
        fields.add(
            SqlText.name(column.name() + TargetForm.RAW)
                + " := "
                + (segment.has(raw) ? raw : "NULL::VARCHAR"));
      }
      return "CASE WHEN _before > 0 THEN struct_pack(" + String.join(", ", fields) + ") END";
    }
    String name = extra.substring(0, extra.length() - TargetForm.RAW.length());
    String raw = "r" + form.column(name).orElseThrow().attnum();
    return segment.has(raw) ? raw : "NULL::VARCHAR";
  }

  private static List<Column> rawInOld(TableSchema form, Piece piece) {
    return form.columns().stream()
        .filter(column -> piece.extras().contains("_old." + column.name() + TargetForm.RAW))
        .toList();
  }

  /** A table of changes that can take a segment; made where there is none. */
  private Piece piece(TableSchema form, Segment segment) throws SQLException {
    SortedSet<String> needed = new TreeSet<>();
    boolean unchanged = false;
    for (Column column : form.columns()) {
      int n = column.attnum();
      unchanged |= segment.has("u" + n);
      if (segment.has("r" + n)) {
        needed.add(column.name() + TargetForm.RAW);
      }
      if (segment.has("q" + n)) {
        needed.add("_old." + column.name() + TargetForm.RAW);
      }
    }
    if (segment.has(Segment.BEFORE)) {
      needed.add("_old");
    }
    if (segment.has(Segment.LEAF)) {
      needed.add(TargetForm.LEAF);
    }
    List<Piece> held = pieces.computeIfAbsent(form.name(), any -> new ArrayList<>());
    for (Piece piece : held) {
      if (piece.version() == form.version()
          && piece.extras().containsAll(needed)
          && (piece.unchanged() || !unchanged)) {
        return piece;
      }
    }
    Piece made = new Piece(form.version(), held.size() + 1, needed, unchanged);
    create(form, made);
    held.add(made);
    outdated.add(form.name());
    return made;
  }

  private void create(TableSchema form, Piece piece) throws SQLException {
    List<String> columns = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    for (Column column : form.columns()) {
      String defined = SqlText.name(column.name()) + " " + type(column);
      columns.add(defined);
      fields.add(defined);
    }
    rawInOld(form, piece)
        .forEach(column -> fields.add(SqlText.name(column.name() + TargetForm.RAW) + " VARCHAR"));
    columns.add("_op VARCHAR, _lsn BIGINT, _seq BIGINT, _xid BIGINT");
    columns.add("_committed_at TIMESTAMPTZ, _unchanged VARCHAR[]");
    for (String extra : piece.extras()) {
      if (extra.equals("_old")) {
        columns.add("_old STRUCT(" + String.join(", ", fields) + ")");
      } else if (!extra.startsWith("_old.")) {
        columns.add(SqlText.name(extra) + " VARCHAR");
      }
    }
    String name = piece.name(form.name());
    file.execute("CREATE TABLE " + file.own(name) + " (" + String.join(", ", columns) + ")");
    file.execute(
        "INSERT INTO "
            + file.own(PIECES)
            + " VALUES ("
            + SqlText.value(form.name().schema())
            + ", "
            + SqlText.value(form.name().table())
            + ", "
            + piece.version()
            + ", "
            + piece.number()
            + ", "
            + SqlText.list(piece.extras())
            + ", "
            + piece.unchanged()
            + ")");
  }

  private static String type(Column column) {
    return io.tidemark.duckdb.ColumnTypes.name(column.type());
  }

  /**
   * Brings the views of a table to what is there, where changes are kept.
   *
   * @param member whether the table equals the source as of this commit
   * @param before whether it did as of the last
   */
  void show(TableName table, boolean member, boolean before) throws SQLException {
    if (!keep.changes() || !knows(table) || (member == before && !outdated.contains(table))) {
      return;
    }
    List<ChangeTables.Held> held = new ArrayList<>();
    for (Piece piece : pieces.getOrDefault(table, List.of())) {
      TableSchema form = versions.get(table).get(piece.version());
      if (form == null) {
        throw new TidemarkException(
            ErrorCode.DESTINATION_CHANGED,
            "Cannot show the changes of "
                + table
                + ": version "
                + piece.version()
                + " of its form is not in the file. Somebody else has changed it; copy into"
                + " another file.");
      }
      // without the name of the file, which is another one for readers
      held.add(
          new ChangeTables.Held(
              form,
              SqlText.name(CopyFile.OWN_SCHEMA) + "." + SqlText.name(piece.name(table)),
              piece.unchanged()));
    }
    List<TableSchema> forms = List.copyOf(versions.get(table).values());
    ChangeTables.Views views = file.views(forms, member, held);
    file.execute("CREATE SCHEMA IF NOT EXISTS " + file.schemaName(table.schema()));
    view(table, table.table() + CHANGES, views.changes());
    if (!keep.current()) {
      view(table, table.table(), views.current());
    }
  }

  private void view(TableName table, String name, String sql) throws SQLException {
    file.execute("CREATE OR REPLACE VIEW " + file.name(table.schema(), name) + " AS " + sql);
  }
}
