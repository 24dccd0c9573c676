package io.tidemark.duckdb;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.duckdb.TableForm.FormColumn;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A DuckDB file that a sink keeps, opened for reading at its one tidemark. */
final class FileSource implements ViewSource {
  /** The name under which the file is attached. */
  private static final String COPY = "copied";

  private static final String OWN = COPY + ".\"_tidemark\".";

  /**
   * What the file says of itself.
   *
   * @param keepsChanges whether there is a view of changes beside that of current rows
   */
  private record Said(Position tidemark, long committedAtMicros, boolean keepsChanges) {}

  private final DuckDbSession session;
  private final Said said;
  private final String read;
  private final SortedMap<String, String> entries = new TreeMap<>();
  private final List<CopiedTable> tables = new ArrayList<>();
  private final Map<TableName, Set<String>> columns = new HashMap<>();

  private FileSource(DuckDbSession session) throws SQLException {
    this.session = session;
    this.said =
        rows(
                "SELECT parts, coalesce(epoch_us(committed_at), 0), coalesce(keep, 'current') FROM "
                    + OWN
                    + "tidemark",
                row ->
                    new Said(
                        StoredPosition.read(row.getObject(1)),
                        row.getLong(2),
                        !row.getString(3).equals("current")))
            .get(0);
    this.read =
        rows(
                "SELECT path FROM duckdb_databases() WHERE database_name = '" + COPY + "'",
                row -> row.getString(1))
            .get(0);
    rows(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE database_name = '"
            + COPY
            + "'",
        row -> columns.computeIfAbsent(name(row), any -> new HashSet<>()).add(row.getString(3)));
    rows(
        "SELECT key, value FROM " + OWN + "state",
        row -> entries.put(row.getString(1), row.getString(2)));
    readTables();
  }

  /** Opens the first of some files that can be read. */
  static FileSource open(List<Path> files, DuckDbOptions options) {
    DuckDbSession session = DuckDbSession.attaching(files, COPY, options);
    try {
      return new FileSource(session);
    } catch (SQLException e) {
      session.close();
      throw QueryFailure.of(e);
    }
  }

  private void readTables() throws SQLException {
    Map<TableName, TableState> states = new HashMap<>();
    rows(
        "SELECT schema_name, table_name, state, reason, since FROM " + OWN + "tables",
        row -> states.put(name(row), state(row)));
    for (Map.Entry<TableName, List<TableSchema>> forms :
        StoredForms.read(session.connection(), OWN + "versions").entrySet()) {
      if (columns.containsKey(forms.getKey())) {
        TableState state = states.getOrDefault(forms.getKey(), TableState.waiting());
        tables.add(new CopiedTable(forms.getValue(), state, List.of()));
      }
    }
  }

  private static TableName name(ResultSet row) throws SQLException {
    return new TableName(row.getString(1), row.getString(2));
  }

  private static TableState state(ResultSet row) throws SQLException {
    String word = row.getString(3).replace('-', '_').toUpperCase(Locale.ROOT);
    return new TableState(
        word.equals("PARTIAL") ? TableState.Phase.MEMBER : TableState.Phase.valueOf(word),
        0,
        Optional.ofNullable(row.getString(4)),
        0,
        -1,
        Lsn.parse(row.getString(5)));
  }

  DuckDbSession session() {
    return session;
  }

  Position tidemark() {
    return said.tidemark();
  }

  /** Commit time at the tidemark, microseconds since 1970 UTC; 0 before the first commit. */
  long committedAtMicros() {
    return said.committedAtMicros();
  }

  /** Every table of the file. */
  List<CopiedTable> tables() {
    return List.copyOf(tables);
  }

  /** The pipeline's state. */
  SortedMap<String, String> entries() {
    return Collections.unmodifiableSortedMap(entries);
  }

  /** What a reader should know: a file that is written is read as it was published last. */
  List<String> notices() {
    return read.endsWith(".read.duckdb")
        ? List.of(
            "Read from "
                + Path.of(read).getFileName()
                + ", which the running pipeline published at "
                + said.tidemark()
                + " ("
                + Instant.EPOCH.plus(said.committedAtMicros(), ChronoUnit.MICROS)
                + ").")
        : List.of();
  }

  @Override
  public TableForm form(CopiedTable table, Connection connection) {
    Set<String> there = columns.get(table.schema().name());
    Set<Integer> raw = new HashSet<>();
    for (Column column : table.schema().columns()) {
      if (there.contains(column.name() + "__raw")) {
        raw.add(column.attnum());
      }
    }
    return TableForm.current(table.schema(), table.state().isMember(), raw);
  }

  @Override
  public String current(TableForm form) {
    List<String> items = new ArrayList<>();
    form.shown().forEach(column -> items.add(SqlText.name(column.name())));
    form.shown().stream()
        .filter(FormColumn::raw)
        .forEach(column -> items.add(SqlText.name(column.name() + "__raw")));
    return "SELECT " + String.join(", ", items) + from(form, "");
  }

  @Override
  public Optional<String> changes(TableForm form) {
    return said.keepsChanges()
        ? Optional.of("SELECT *" + from(form, "_changes"))
        : Optional.empty();
  }

  private static String from(TableForm form, String more) {
    return " FROM "
        + COPY
        + "."
        + SqlText.name(form.table().schema())
        + "."
        + SqlText.name(form.table().table() + more);
  }

  @Override
  public boolean keepsChanges() {
    return said.keepsChanges();
  }

  /** Takes one row. */
  @FunctionalInterface
  private interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private <T> List<T> rows(String sql, RowReader<T> reader) throws SQLException {
    try (Statement statement = session.connection().createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(reader.read(rows));
      }
      return all;
    }
  }
}
