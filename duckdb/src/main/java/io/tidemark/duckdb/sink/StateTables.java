package io.tidemark.duckdb.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.StoredPosition;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the file says of itself: the tidemark with the writer's epoch in one row, the pipeline's
 * state, and where each table stands.
 */
final class StateTables {
  private static final String LEFT = TableState.Phase.DETACHED.word();
  private static final Set<String> MEMBER = Set.of(TableState.Phase.MEMBER.word(), "partial");

  private final CopyFile file;
  private long epoch;

  /** What the file says of each table as of the last commit, and as of the one being made. */
  private Map<TableName, Shown> shown = Map.of();

  private Map<TableName, Shown> next = Map.of();

  /** A row of what readers see of a table; the word is that of {@link TableState#word}. */
  private record Shown(String word, Optional<String> reason, String since) {
    static Shown of(TableState state) {
      return new Shown(state.word(), state.reason(), state.since().toString());
    }

    String sql(TableName table) {
      return "("
          + String.join(
              ", ",
              SqlText.value(table.schema()),
              SqlText.value(table.table()),
              SqlText.value(word),
              reason.map(SqlText::value).orElse("NULL"),
              SqlText.value(since))
          + ")";
    }
  }

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
            + " TIMESTAMPTZ, writer VARCHAR, keep VARCHAR)");
    // files of older programs do not know who wrote last, nor that there is a choice
    for (String younger : List.of("writer", "keep")) {
      file.execute(
          "ALTER TABLE "
              + file.own("tidemark")
              + " ADD COLUMN IF NOT EXISTS "
              + younger
              + " VARCHAR");
    }
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
            + " SELECT 0, '', MAP{}, NULL, NULL, NULL WHERE NOT EXISTS (FROM "
            + file.own("tidemark")
            + ")");
  }

  /**
   * Settles what the file keeps, within the caller's transaction: what it kept before, or what is
   * wanted of a new one.
   */
  Keep settle(Keep wanted) throws SQLException {
    String word = SqlText.value(wanted.word());
    file.execute(
        "UPDATE "
            + file.own("tidemark")
            + " SET keep = CASE WHEN epoch = 0 THEN "
            + word
            + " ELSE 'current' END WHERE keep IS NULL");
    return file.query("SELECT keep FROM " + file.own("tidemark"), row -> Keep.of(row.getString(1)))
        .get(0);
  }

  /**
   * Takes the writing over, within the caller's transaction.
   *
   * @param writer who takes it; a claim of its own whose answer was lost is known again by it
   * @param held the only epoch from which it is taken from others; empty for any
   * @throws SinkException.Fenced when it is another
   */
  SinkState claim(String writer, OptionalLong held) throws SQLException, SinkException.Fenced {
    String id = SqlText.value(writer);
    String only =
        held.isPresent() ? " WHERE epoch = " + held.getAsLong() + " OR writer = " + id : "";
    if (file.execute(
            "UPDATE " + file.own("tidemark") + " SET epoch = epoch + 1, writer = " + id + only)
        != 1) {
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
                    new SinkState(row.getLong(1), StoredPosition.read(row.getObject(2)), entries))
            .get(0);
    epoch = state.epoch();
    shown = load();
    return state;
  }

  /**
   * Moves the tidemark, if nobody has taken over.
   *
   * @throws SinkException.Fenced when somebody has
   */
  void move(Commit commit) throws SQLException, SinkException.Fenced {
    long moved =
        file.execute(
            "UPDATE "
                + file.own("tidemark")
                + " SET position = "
                + SqlText.value(commit.tidemark().toString())
                + ", parts = "
                + StoredPosition.sql(commit.tidemark())
                + ", committed_at = greatest(committed_at, make_timestamptz("
                + commit.committedAtMicros()
                + ")) WHERE epoch = "
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

  /**
   * Writes down where tables stand that stood elsewhere before. A name that the commit does not
   * know any more has left the copy.
   */
  void show(Commit commit) throws SQLException {
    next = new HashMap<>(shown);
    Shown left =
        new Shown(
            LEFT,
            Optional.of("no table of the pipeline has this name any more"),
            commit.tidemark().lsn().toString());
    next.replaceAll((table, was) -> was.word().equals(LEFT) ? was : left);
    commit.tables().forEach((table, state) -> next.put(table, Shown.of(state)));
    List<String> names = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    next.forEach(
        (table, now) -> {
          if (!now.equals(shown.get(table))) {
            names.add(
                "(" + SqlText.value(table.schema()) + ", " + SqlText.value(table.table()) + ")");
            rows.add(now.sql(table));
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

  /** What was shown last has been committed. */
  void committed() {
    shown = next;
  }

  /** Whether a table was complete as of the last commit, or complete but for a reason. */
  boolean wasMember(TableName table) {
    return Optional.ofNullable(shown.get(table))
        .filter(was -> MEMBER.contains(was.word()))
        .isPresent();
  }

  /** Whether a table equalled the source as of the last commit. */
  boolean wasComplete(TableName table) {
    return Optional.ofNullable(shown.get(table))
        .filter(was -> was.word().equals(TableState.Phase.MEMBER.word()))
        .isPresent();
  }

  private Map<TableName, Shown> load() throws SQLException {
    Map<TableName, Shown> tables = new HashMap<>();
    file.query(
        "SELECT schema_name, table_name, state, reason, since FROM " + file.own("tables"),
        row ->
            tables.put(
                new TableName(row.getString(1), row.getString(2)),
                new Shown(
                    row.getString(3), Optional.ofNullable(row.getString(4)), row.getString(5))));
    return tables;
  }
}
