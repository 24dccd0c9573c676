package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the state's schema says of a pipeline: the tidemark with the writer's epoch in one row, the
 * pipeline's state, the form of each table, and for readers where each table stands and what each
 * load took.
 */
final class StateTables {
  private static final String LEFT = TableState.Phase.DETACHED.word();
  private static final Set<String> MEMBER = Set.of(TableState.Phase.MEMBER.word(), "partial");
  private static final Map<String, String> TABLES = new LinkedHashMap<>();

  static {
    TABLES.put(
        "TIDEMARK",
        "(\"PIPELINE\" VARCHAR, \"EPOCH\" NUMBER(19,0), \"WRITER\" VARCHAR, \"PARTS\" VARCHAR,"
            + " \"POSITION\" VARCHAR, \"COMMITTED_AT\" TIMESTAMP_TZ(6))");
    TABLES.put("STATE", "(\"PIPELINE\" VARCHAR, \"KEY\" VARCHAR, \"VALUE\" VARCHAR)");
    TABLES.put("FORMS", "(\"PIPELINE\" VARCHAR, \"OWNER\" VARCHAR, \"FORM\" VARCHAR)");
    TABLES.put(
        "TABLES",
        "(\"PIPELINE\" VARCHAR, \"SOURCE_SCHEMA\" VARCHAR, \"SOURCE_TABLE\" VARCHAR, \"COPY\""
            + " VARCHAR, \"STATE\" VARCHAR, \"REASON\" VARCHAR, \"SINCE\" VARCHAR)");
    TABLES.put(
        "LOADS",
        "(\"PIPELINE\" VARCHAR, \"POSITION\" VARCHAR, \"ROW_COUNT\" NUMBER(19,0), \"BYTE_COUNT\""
            + " NUMBER(19,0), \"SECONDS\" FLOAT, \"LOADED_AT\" TIMESTAMP_TZ(6))");
  }

  private final Session session;
  private final Destination names;
  private final String mine;
  private long epoch;
  private String parts = "";

  /** What is shown of each table as of the last commit, and as of the one being made. */
  private Map<TableName, Shown> shown = Map.of();

  private Map<TableName, Shown> next = Map.of();
  private String nextParts = "";

  /** What readers see of a table; the word is that of {@link TableState#word}. */
  private record Shown(String word, Optional<String> reason, String since) {
    static Shown of(TableState state) {
      return new Shown(state.word(), state.reason(), state.since().toString());
    }
  }

  StateTables(Session session, Destination names) {
    this.session = session;
    this.names = names;
    this.mine = "\"PIPELINE\" = " + SqlText.value(names.pipeline());
  }

  /** Whether any pipeline has ever written here. */
  boolean isThere() throws SQLException {
    return existing().contains("TIDEMARK");
  }

  private List<String> existing() throws SQLException {
    return session.query(
        "SELECT \"TABLE_NAME\" FROM "
            + names.catalog("TABLES")
            + " WHERE \"TABLE_SCHEMA\" = "
            + SqlText.value(names.stateSchema()),
        row -> row.getString(1));
  }

  /** Makes what is missing. Asked for only then, because it needs rights that one may not keep. */
  void create() throws SQLException {
    List<String> there = existing();
    if (there.isEmpty()) {
      schema(names.stateSchema(), names.stateSchema());
    }
    if (!there.containsAll(TABLES.keySet()) && names.ownStage()) {
      session.execute("CREATE STAGE IF NOT EXISTS " + names.stage().substring(1));
    }
    for (Map.Entry<String, String> table : TABLES.entrySet()) {
      if (!there.contains(table.getKey())) {
        session.execute(
            "CREATE TABLE IF NOT EXISTS " + names.own(table.getKey()) + " " + table.getValue());
      }
    }
    session.execute(
        "INSERT INTO "
            + names.own("TIDEMARK")
            + " (\"PIPELINE\", \"EPOCH\", \"PARTS\", \"POSITION\") SELECT "
            + SqlText.value(names.pipeline())
            + ", 0, '', '' WHERE NOT EXISTS (SELECT 1 FROM "
            + names.own("TIDEMARK")
            + " WHERE "
            + mine
            + ")");
  }

  /**
   * Makes a schema, if it is missing.
   *
   * @param sql its name in SQL
   */
  void schema(String name, String sql) throws SQLException {
    List<String> there =
        session.query(
            "SELECT \"SCHEMA_NAME\" FROM "
                + names.catalog("SCHEMATA")
                + " WHERE \"SCHEMA_NAME\" = "
                + SqlText.value(name),
            row -> row.getString(1));
    if (there.isEmpty()) {
      session.execute("CREATE SCHEMA IF NOT EXISTS " + names.database() + "." + sql);
    }
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
        held.isPresent()
            ? " AND (\"EPOCH\" = " + held.getAsLong() + " OR \"WRITER\" = " + id + ")"
            : "";
    long claimed =
        session.execute(
            "UPDATE "
                + names.own("TIDEMARK")
                + " SET \"EPOCH\" = \"EPOCH\" + 1, \"WRITER\" = "
                + id
                + " WHERE "
                + mine
                + only);
    if (claimed == 0 && held.isPresent()) {
      epoch = held.getAsLong();
      throw fenced();
    }
    requireOne(claimed);
    SortedMap<String, String> entries = entries();
    session.query(
        "SELECT \"EPOCH\", \"PARTS\" FROM " + names.own("TIDEMARK") + " WHERE " + mine,
        row -> {
          epoch = row.getLong(1);
          parts = row.getString(2);
          return epoch;
        });
    shown = load();
    return new SinkState(epoch, Places.position(parts), entries);
  }

  /** The pipeline's state. */
  SortedMap<String, String> entries() throws SQLException {
    SortedMap<String, String> entries = new TreeMap<>();
    session.query(
        "SELECT \"KEY\", \"VALUE\" FROM " + names.own("STATE") + " WHERE " + mine,
        row -> entries.put(row.getString(1), row.getString(2)));
    return entries;
  }

  /** The tidemark. */
  Position position() throws SQLException {
    return session
        .query(
            "SELECT \"PARTS\" FROM " + names.own("TIDEMARK") + " WHERE " + mine,
            row -> Places.position(row.getString(1)))
        .stream()
        .findFirst()
        .orElse(Position.NONE);
  }

  /** Commit time of the last transaction below it; 0 before the first commit. */
  long committedAtMicros() throws SQLException {
    return session
        .query(
            "SELECT COALESCE(DATEDIFF('microsecond', "
                + Places.instant(0)
                + ", \"COMMITTED_AT\"), 0) FROM "
                + names.own("TIDEMARK")
                + " WHERE "
                + mine,
            row -> row.getLong(1))
        .stream()
        .findFirst()
        .orElse(0L);
  }

  private void requireOne(long rows) {
    if (rows != 1) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot write to "
              + names.own("TIDEMARK")
              + ": pipeline "
              + names.pipeline()
              + " has "
              + rows
              + " rows in it, expected 1. Delete all but the one with the highest epoch, and start"
              + " again.");
    }
  }

  /**
   * Moves the tidemark from where this writer has left it, if nobody has taken over. It must be the
   * first statement of a transaction: what it changes decides about all others.
   *
   * @throws SinkException.Fenced when somebody has
   */
  void move(Commit commit) throws SQLException, SinkException.Fenced {
    nextParts = Places.text(commit.tidemark());
    long moved =
        session.execute(
            "UPDATE "
                + names.own("TIDEMARK")
                + " SET \"PARTS\" = "
                + SqlText.value(nextParts)
                + ", \"POSITION\" = "
                + SqlText.value(commit.tidemark().toString())
                + ", \"COMMITTED_AT\" = GREATEST(COALESCE(\"COMMITTED_AT\", "
                + Places.instant(0)
                + "), "
                + Places.instant(commit.committedAtMicros())
                + ") WHERE "
                + mine
                + " AND \"EPOCH\" = "
                + epoch
                + " AND \"PARTS\" = "
                + SqlText.value(parts));
    if (moved == 0) {
      throw fenced();
    }
    requireOne(moved);
  }

  /** Whether another writer has taken over by now. */
  boolean isTakenOver() throws SQLException {
    return !session
        .query(
            "SELECT \"EPOCH\" FROM " + names.own("TIDEMARK") + " WHERE " + mine,
            row -> row.getLong(1))
        .equals(List.of(epoch));
  }

  SinkException.Fenced fenced() {
    return new SinkException.Fenced(
        "Cannot go on writing: another writer has taken over from epoch "
            + epoch
            + ". Run one pipeline for each copy.");
  }

  /** Stores the changed entries of the pipeline's state. */
  void store(Commit commit) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    commit
        .changes()
        .forEach(
            (key, value) ->
                value.ifPresent(text -> rows.add(List.of(names.pipeline(), key, text))));
    delete("STATE", List.of("KEY"), commit.changes().keySet().stream().map(List::of).toList());
    insert("STATE", 3, rows);
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
    List<List<String>> keys = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    next.forEach(
        (table, now) -> {
          if (!now.equals(shown.get(table))) {
            keys.add(List.of(table.schema(), table.table()));
            rows.add(
                List.of(
                    names.pipeline(),
                    table.schema(),
                    table.table(),
                    names.name(table),
                    now.word(),
                    now.reason().orElse(""),
                    now.since()));
          }
        });
    delete("TABLES", List.of("SOURCE_SCHEMA", "SOURCE_TABLE"), keys);
    insert("TABLES", 7, rows);
  }

  /** Notes what a load takes, for who pays it. */
  void count(Commit commit, long rows, long bytes, double seconds) throws SQLException {
    session.execute(
        "INSERT INTO "
            + names.own("LOADS")
            + " VALUES ("
            + String.join(
                ", ",
                SqlText.value(names.pipeline()),
                SqlText.value(commit.tidemark().toString()),
                Long.toString(rows),
                Long.toString(bytes),
                Double.toString(seconds),
                "CURRENT_TIMESTAMP")
            + ")");
  }

  /** What was moved and shown last has been committed. */
  void committed() {
    shown = next;
    parts = nextParts;
  }

  /** Whether a table was complete as of the last commit, or complete but for a reason. */
  boolean wasMember(TableName table) {
    return Optional.ofNullable(shown.get(table))
        .filter(was -> MEMBER.contains(was.word()))
        .isPresent();
  }

  /** The forms of everything, by owner. */
  Map<String, String> forms() throws SQLException {
    Map<String, String> forms = new LinkedHashMap<>();
    session.query(
        "SELECT \"OWNER\", \"FORM\" FROM " + names.own("FORMS") + " WHERE " + mine,
        row -> forms.put(row.getString(1), row.getString(2)));
    return forms;
  }

  void saveForm(String owner, String form) throws SQLException {
    removeForm(owner);
    insert("FORMS", 3, List.of(List.of(names.pipeline(), owner, form)));
  }

  void removeForm(String owner) throws SQLException {
    delete("FORMS", List.of("OWNER"), List.of(List.of(owner)));
  }

  /**
   * Saves a form in a transaction of its own, if nobody has taken over.
   *
   * @throws SinkException.Fenced when somebody has
   */
  void saveFormNow(String owner, String form) throws SQLException, SinkException.Fenced {
    session.execute("BEGIN");
    try {
      // a change of the row, so that no claim passes by
      long held =
          session.execute(
              "UPDATE "
                  + names.own("TIDEMARK")
                  + " SET \"EPOCH\" = "
                  + epoch
                  + " WHERE "
                  + mine
                  + " AND \"EPOCH\" = "
                  + epoch);
      if (held != 1) {
        throw fenced();
      }
      saveForm(owner, form);
      session.execute("COMMIT");
    } catch (SQLException | SinkException.Fenced e) {
      // what is open would be committed by the next DDL
      session.execute("ROLLBACK");
      throw e;
    }
  }

  private void delete(String table, List<String> columns, List<List<String>> keys)
      throws SQLException {
    String each =
        "("
            + String.join(
                " AND ", columns.stream().map(name -> SqlText.name(name) + " = ?").toList())
            + ")";
    for (List<List<String>> some : Places.slices(keys)) {
      session.execute(
          "DELETE FROM "
              + names.own(table)
              + " WHERE "
              + mine
              + " AND ("
              + String.join(" OR ", some.stream().map(key -> each).toList())
              + ")",
          some.stream().flatMap(List::stream).toList());
    }
  }

  private void insert(String table, int columns, List<List<String>> rows) throws SQLException {
    String each = "(" + String.join(", ", java.util.Collections.nCopies(columns, "?")) + ")";
    for (List<List<String>> some : Places.slices(rows)) {
      session.execute(
          "INSERT INTO "
              + names.own(table)
              + " VALUES "
              + String.join(", ", some.stream().map(row -> each).toList()),
          some.stream().flatMap(List::stream).toList());
    }
  }

  private Map<TableName, Shown> load() throws SQLException {
    Map<TableName, Shown> tables = new HashMap<>();
    session.query(
        "SELECT \"SOURCE_SCHEMA\", \"SOURCE_TABLE\", \"STATE\", \"REASON\", \"SINCE\" FROM "
            + names.own("TABLES")
            + " WHERE "
            + mine,
        row ->
            tables.put(
                new TableName(row.getString(1), row.getString(2)),
                new Shown(
                    row.getString(3),
                    Optional.ofNullable(row.getString(4)).filter(text -> !text.isEmpty()),
                    row.getString(5))));
    return tables;
  }
}
