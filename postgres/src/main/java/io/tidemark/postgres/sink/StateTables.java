package io.tidemark.postgres.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.postgres.catalog.Sql;
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
 * What the copy says of itself: for each pipeline the tidemark with the writer's epoch in one row,
 * the pipeline's state, and where each table stands.
 */
final class StateTables {
  /** Version of the form of all that is in the state schema. */
  private static final int FORMAT = 1;

  private static final String LEFT = TableState.Phase.DETACHED.word();
  private static final Set<String> MEMBER = Set.of(TableState.Phase.MEMBER.word(), "partial");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TargetSession session;
  private final PostgresSinkConfig config;
  private long epoch;

  /** What the copy says of each table as of the last commit, and as of the one being made. */
  private Map<TableName, Shown> shown = Map.of();

  private Map<TableName, Shown> next = Map.of();

  /** Where tables stand as of the last commit of this session; null before it. */
  private SortedMap<TableName, TableState> stands;

  /** A row of what readers see of a table; the word is that of {@link TableState#word}. */
  private record Shown(String word, Optional<String> reason, String since) {
    static Shown of(TableState state) {
      return new Shown(state.word(), state.reason(), state.since().toString());
    }
  }

  StateTables(TargetSession session, PostgresSinkConfig config) {
    this.session = session;
    this.config = config;
  }

  /** A table of the state schema, quoted. */
  static String own(PostgresSinkConfig config, String table) {
    return Sql.name(config.stateSchema()) + "." + Sql.name(table);
  }

  private String own(String table) {
    return own(config, table);
  }

  private String pipeline() {
    return Sql.text(config.pipeline());
  }

  /** Makes what is missing, within the caller's transaction; others wait meanwhile. */
  void create() throws SQLException {
    session.query(
        "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext("
            + Sql.text("tidemark " + config.stateSchema())
            + "))",
        row -> row);
    createSchema(session, config.stateSchema());
    session.execute(
        "CREATE TABLE IF NOT EXISTS "
            + own("pipelines")
            + " (name text PRIMARY KEY, format int NOT NULL, epoch bigint NOT NULL, writer text,"
            + " position text NOT NULL, parts text NOT NULL, committed_at timestamptz)");
    session.execute(
        "CREATE TABLE IF NOT EXISTS "
            + own("state")
            + " (pipeline text, key text, value text NOT NULL, PRIMARY KEY (pipeline, key))");
    session.execute(
        "CREATE TABLE IF NOT EXISTS "
            + own("tables")
            + " (pipeline text, schema_name text, table_name text, state text NOT NULL, reason text,"
            + " since text NOT NULL, PRIMARY KEY (pipeline, schema_name, table_name))");
    session.execute(
        "INSERT INTO "
            + own("pipelines")
            + " VALUES ("
            + pipeline()
            + ", "
            + FORMAT
            + ", 0, NULL, '', '{}', NULL) ON CONFLICT DO NOTHING");
    int format =
        session.ask(
            "SELECT format FROM " + own("pipelines") + " WHERE name = " + pipeline(),
            row -> row.getInt(1));
    if (format > FORMAT) {
      throw new TidemarkException(
          ErrorCode.STATE_TOO_NEW,
          "Cannot go on with the copy at "
              + config.endpoint()
              + ": its state has form "
              + format
              + ", and this program knows form "
              + FORMAT
              + ". Use the newer program that wrote it.");
    }
  }

  /** Makes a schema that is missing; one that is there needs no right to make it. */
  static void createSchema(TargetSession session, String schema) throws SQLException {
    boolean there =
        session.ask(
            "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = " + Sql.text(schema),
            row -> row.getLong(1) > 0);
    if (!there) {
      session.execute("CREATE SCHEMA IF NOT EXISTS " + Sql.name(schema));
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
    String id = Sql.text(writer);
    String only =
        held.isPresent() ? " AND (epoch = " + held.getAsLong() + " OR writer = " + id + ")" : "";
    long claimed =
        session.execute(
            "UPDATE "
                + own("pipelines")
                + " SET epoch = epoch + 1, writer = "
                + id
                + " WHERE name = "
                + pipeline()
                + only);
    if (claimed != 1) {
      epoch = held.orElseThrow();
      throw fenced();
    }
    SinkState state = read(session, config);
    epoch = state.epoch();
    shown = load();
    return state;
  }

  /** What the copy says of the pipeline. */
  static SinkState read(TargetSession session, PostgresSinkConfig config) throws SQLException {
    String name = Sql.text(config.pipeline());
    SortedMap<String, String> entries = new TreeMap<>();
    session.query(
        "SELECT key, value FROM " + own(config, "state") + " WHERE pipeline = " + name,
        row -> entries.put(row.getString(1), row.getString(2)));
    return session
        .query(
            "SELECT epoch, parts FROM " + own(config, "pipelines") + " WHERE name = " + name,
            row -> new SinkState(row.getLong(1), position(row.getString(2)), entries))
        .stream()
        .findFirst()
        .orElse(new SinkState(0, Position.NONE, entries));
  }

  private static Position position(String json) {
    TreeMap<String, Long> places = new TreeMap<>();
    try {
      JSON.readValue(json, new TypeReference<Map<String, String>>() {})
          .forEach((slot, lsn) -> places.put(slot, Lsn.parse(lsn).value()));
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read the position of the copy: it is not of the form that was written. Restore the"
              + " state schema, or make a new copy.",
          e);
    }
    return new Position(places);
  }

  private static String json(Position position) {
    TreeMap<String, String> parts = new TreeMap<>();
    position.parts().forEach((slot, place) -> parts.put(slot, new Lsn(place).toString()));
    try {
      return JSON.writeValueAsString(parts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write a position as JSON.", e);
    }
  }

  /**
   * Moves the tidemark, if nobody has taken over; who wants to waits for the end of this
   * transaction.
   *
   * @throws SinkException.Fenced when somebody has
   */
  void move(Commit commit) throws SQLException, SinkException.Fenced {
    long moved =
        session.execute(
            "UPDATE "
                + own("pipelines")
                + " SET position = "
                + Sql.text(commit.tidemark().toString())
                + ", parts = "
                + Sql.text(json(commit.tidemark()))
                + ", committed_at = greatest(committed_at, timestamptz 'epoch' + interval '1"
                + " microsecond' * "
                + commit.committedAtMicros()
                + ") WHERE name = "
                + pipeline()
                + " AND epoch = "
                + epoch);
    if (moved != 1) {
      throw fenced();
    }
  }

  /**
   * Makes sure, within the caller's transaction, that nobody has taken over, or can before its end.
   */
  void requireWriter() throws SQLException, SinkException.Fenced {
    boolean ours =
        !session
            .query(
                "SELECT 1 FROM "
                    + own("pipelines")
                    + " WHERE name = "
                    + pipeline()
                    + " AND epoch = "
                    + epoch
                    + " FOR SHARE",
                row -> row.getInt(1))
            .isEmpty();
    if (!ours) {
      throw fenced();
    }
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
    List<String> gone = new ArrayList<>();
    List<String> rows = new ArrayList<>();
    commit
        .changes()
        .forEach(
            (key, value) ->
                value.ifPresentOrElse(
                    text ->
                        rows.add(
                            "(" + pipeline() + ", " + Sql.text(key) + ", " + Sql.text(text) + ")"),
                    () -> gone.add(Sql.text(key))));
    if (!gone.isEmpty()) {
      session.execute(
          "DELETE FROM "
              + own("state")
              + " WHERE pipeline = "
              + pipeline()
              + " AND key IN ("
              + String.join(", ", gone)
              + ")");
    }
    if (!rows.isEmpty()) {
      session.execute(
          "INSERT INTO "
              + own("state")
              + " VALUES "
              + String.join(", ", rows)
              + " ON CONFLICT (pipeline, key) DO UPDATE SET value = excluded.value");
    }
  }

  /** The columns of {@link #values}. */
  static final String VALUES = "position, parts, micros, gone, keys, texts";

  /** What {@link #move} and {@link #store} would write, as the middle of a row of VALUES. */
  String values(Commit commit) {
    List<String> gone = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    commit
        .changes()
        .forEach(
            (key, value) -> {
              if (value.isPresent()) {
                keys.add(Sql.text(key));
                texts.add(Sql.text(value.get()));
              } else {
                gone.add(Sql.text(key));
              }
            });
    return ", "
        + Sql.text(commit.tidemark().toString())
        + ", "
        + Sql.text(json(commit.tidemark()))
        + ", "
        + commit.committedAtMicros()
        + "::int8, "
        + array(gone)
        + ", "
        + array(keys)
        + ", "
        + array(texts);
  }

  private static String array(List<String> texts) {
    return "ARRAY[" + String.join(", ", texts) + "]::text[]";
  }

  /**
   * {@link #move} and {@link #store} as a block of PL/pgSQL, for a row {@code s} of {@link
   * #VALUES}.
   *
   * @param fenced SQLSTATE to raise when another writer has taken over
   */
  String block(String fenced) {
    return "UPDATE "
        + own("pipelines")
        + " SET position = s.position, parts = s.parts, committed_at = timestamptz 'epoch' +"
        + " interval '1 microsecond' * s.micros WHERE name = "
        + pipeline()
        + " AND epoch = "
        + epoch
        + ";\nIF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = '"
        + fenced
        + "'; END IF;\nIF s.gone <> '{}' THEN DELETE FROM "
        + own("state")
        + " WHERE pipeline = "
        + pipeline()
        + " AND key = ANY (s.gone); END IF;\nIF s.keys <> '{}' THEN INSERT INTO "
        + own("state")
        + " AS old SELECT "
        + pipeline()
        + ", e.k, e.v FROM unnest(s.keys, s.texts) AS e(k, v) ON CONFLICT (pipeline, key) DO"
        + " UPDATE SET value = excluded.value WHERE old.value <> excluded.value; END IF;\n";
  }

  /**
   * The position that the copy has, as of the last commit.
   *
   * @throws SinkException.Fenced when it may be another writer's
   */
  Position position() throws SQLException, SinkException.Fenced {
    return session
        .query(
            "SELECT parts FROM "
                + own("pipelines")
                + " WHERE name = "
                + pipeline()
                + " AND epoch = "
                + epoch,
            row -> position(row.getString(1)))
        .stream()
        .findFirst()
        .orElseThrow(this::fenced);
  }

  /** Whether the copy says already where tables stand as of a commit. */
  boolean shows(Commit commit) {
    return commit.tables().equals(stands);
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
    List<String> rows = new ArrayList<>();
    next.forEach(
        (table, now) -> {
          if (!now.equals(shown.get(table))) {
            rows.add(row(table, now));
          }
        });
    if (!rows.isEmpty()) {
      session.execute(
          "INSERT INTO "
              + own("tables")
              + " VALUES "
              + String.join(", ", rows)
              + " ON CONFLICT (pipeline, schema_name, table_name) DO UPDATE SET state ="
              + " excluded.state, reason = excluded.reason, since = excluded.since");
    }
  }

  private String row(TableName table, Shown now) {
    return "("
        + String.join(
            ", ",
            pipeline(),
            Sql.text(table.schema()),
            Sql.text(table.table()),
            Sql.text(now.word()),
            now.reason().map(Sql::text).orElse("NULL"),
            Sql.text(now.since()))
        + ")";
  }

  /** What was shown last has been committed. */
  void committed(Commit commit) {
    shown = next;
    stands = commit.tables();
  }

  /** Whether a table was complete as of the last commit, or complete but for a reason. */
  boolean wasMember(TableName table) {
    return Optional.ofNullable(shown.get(table))
        .filter(was -> MEMBER.contains(was.word()))
        .isPresent();
  }

  private Map<TableName, Shown> load() throws SQLException {
    Map<TableName, Shown> tables = new HashMap<>();
    session.query(
        "SELECT schema_name, table_name, state, reason, since FROM "
            + own("tables")
            + " WHERE pipeline = "
            + pipeline(),
        row ->
            tables.put(
                new TableName(row.getString(1), row.getString(2)),
                new Shown(
                    row.getString(3), Optional.ofNullable(row.getString(4)), row.getString(5))));
    return tables;
  }
}
