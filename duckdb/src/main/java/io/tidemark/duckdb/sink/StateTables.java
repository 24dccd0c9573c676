package io.tidemark.duckdb.sink;

import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.duckdb.SqlText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What the file says of itself: the tidemark with the writer's epoch in one row, the pipeline's
 * state, and where each table stands.
 */
final class StateTables {
  private final CopyFile file;
  private final Map<TableName, TableState> shown = new HashMap<>();
  private long epoch;

  StateTables(CopyFile file) {
    this.file = file;
  }

  /** Makes what is missing, within the caller's transaction. */
  void create() throws SQLException {
    file.execute("CREATE SCHEMA IF NOT EXISTS " + file.schemaName(CopyFile.OWN_SCHEMA));
    file.execute(
        "CREATE TABLE IF NOT EXISTS "
            + file.own("tidemark")
            + " (epoch BIGINT, position VARCHAR, parts MAP(VARCHAR, VARCHAR), committed_at"
            + " TIMESTAMPTZ)");
    file.execute(
        "CREATE TABLE IF NOT EXISTS " + file.own("state") + " (key VARCHAR, value VARCHAR)");
    file.execute(
        "CREATE TABLE IF NOT EXISTS "
            + file.own("tables")
            + " (schema_name VARCHAR, table_name VARCHAR, state VARCHAR, reason VARCHAR, since"
            + " VARCHAR)");
    file.execute(
        "INSERT INTO "
            + file.own("tidemark")
            + " SELECT 0, '', MAP{}, NULL WHERE NOT EXISTS (FROM "
            + file.own("tidemark")
            + ")");
  }

  /**
   * Takes the writing over, within the caller's transaction.
   *
   * @param held the only epoch from which it is taken; empty for any
   * @throws SinkException.Fenced when it is another
   */
  SinkState claim(OptionalLong held) throws SQLException, SinkException.Fenced {
    String only = held.isPresent() ? " WHERE epoch = " + held.getAsLong() : "";
    if (file.execute("UPDATE " + file.own("tidemark") + " SET epoch = epoch + 1" + only) != 1) {
      epoch = held.orElseThrow();
      throw fenced();
    }
    SortedMap<String, String> entries = new TreeMap<>();
    file.query(
        "SELECT key, value FROM " + file.own("state"),
        row -> entries.put(row.getString(1), row.getString(2)));
    SinkState state =
        file.query(
                "SELECT epoch, parts FROM " + file.own("tidemark"),
                row ->
                    new SinkState(row.getLong(1), position((Map<?, ?>) row.getObject(2)), entries))
            .get(0);
    epoch = state.epoch();
    return state;
  }

  static Position position(Map<?, ?> parts) {
    TreeMap<String, Long> places = new TreeMap<>();
    parts.forEach((slot, lsn) -> places.put((String) slot, Lsn.parse((String) lsn).value()));
    return new Position(places);
  }

  /**
   * Moves the tidemark, if nobody has taken over.
   *
   * @throws SinkException.Fenced when somebody has
   */
  void move(Commit commit) throws SQLException, SinkException.Fenced {
    String parts =
        commit.tidemark().parts().entrySet().stream()
            .map(
                part ->
                    SqlText.value(part.getKey())
                        + ": "
                        + SqlText.value(new Lsn(part.getValue()).toString()))
            .collect(Collectors.joining(", ", "MAP {", "}"));
    long moved =
        file.execute(
            "UPDATE "
                + file.own("tidemark")
                + " SET position = "
                + SqlText.value(commit.tidemark().toString())
                + ", parts = "
                + parts
                + ", committed_at = make_timestamptz("
                + commit.committedAtMicros()
                + ") WHERE epoch = "
                + epoch);
    if (moved != 1) {
      throw fenced();
    }
  }

  /** Whether another writer has taken over by now. */
  boolean isTakenOver() throws SQLException {
    return file.query("SELECT epoch FROM " + file.own("tidemark"), row -> row.getLong(1)).get(0)
        != epoch;
  }

  SinkException.Fenced fenced() {
    return new SinkException.Fenced(
        "Cannot go on writing: another writer has taken over from epoch "
            + epoch
            + ". Stop this one.");
  }

  void store(Commit commit) throws SQLException {
    if (commit.changes().isEmpty()) {
      return;
    }
    List<String> keys = commit.changes().keySet().stream().map(SqlText::value).toList();
    file.execute(
        "DELETE FROM " + file.own("state") + " WHERE key IN (" + String.join(", ", keys) + ")");
    List<String> rows = new ArrayList<>();
    commit
        .changes()
        .forEach(
            (key, value) ->
                value.ifPresent(
                    text -> rows.add("(" + SqlText.value(key) + ", " + SqlText.value(text) + ")")));
    if (!rows.isEmpty()) {
      file.execute("INSERT INTO " + file.own("state") + " VALUES " + String.join(", ", rows));
    }
  }

  /** Writes down where tables stand that stood elsewhere before. */
  void show(Commit commit) throws SQLException {
    List<String> names = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    commit
        .tables()
        .forEach(
            (table, state) -> {
              if (!isShown(table, state)) {
                names.add(
                    "("
                        + SqlText.value(table.schema())
                        + ", "
                        + SqlText.value(table.table())
                        + ")");
                rows.add(row(table, state));
              }
            });
    if (!rows.isEmpty()) {
      file.execute(
          "DELETE FROM "
              + file.own("tables")
              + " WHERE (schema_name, table_name) IN ("
              + String.join(", ", names)
              + ")");
      file.execute("INSERT INTO " + file.own("tables") + " VALUES " + String.join(", ", rows));
    }
  }

  /** The commit has happened. */
  void committed(Commit commit) {
    shown.putAll(commit.tables());
  }

  private boolean isShown(TableName table, TableState state) {
    TableState old = shown.get(table);
    return old != null
        && old.phase() == state.phase()
        && old.reason().equals(state.reason())
        && old.since().equals(state.since());
  }

  private static String row(TableName table, TableState state) {
    return "("
        + String.join(
            ", ",
            SqlText.value(table.schema()),
            SqlText.value(table.table()),
            SqlText.value(state.phase().word()),
            state.reason().map(SqlText::value).orElse("NULL"),
            SqlText.value(state.since().toString()))
        + ")";
  }
}
