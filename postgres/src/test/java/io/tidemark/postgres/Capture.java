package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A source on a database of its own, and the {@link Copy} that it feeds: plays the engine's part
 * with one thread.
 */
final class Capture implements AutoCloseable {
  private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();

  /** How often the catalog is looked at, and the loops of the source look for work. */
  private static final Duration REFRESH = Duration.ofMillis(100);

  EmbeddedPostgres server;
  final String database;
  final Copy copy = new Copy();
  final Map<String, Object> options = new HashMap<>();
  PostgresSource source;
  private Optional<EmbeddedPostgres> shared = Optional.empty();

  /** On a server that the caller started, and stops. */
  Capture(EmbeddedPostgres server, String database) throws SQLException {
    this.server = server;
    this.database = database;
    server.createDatabase(database);
    options.put("url", server.uri(database));
    options.put("slot", database);
    options.put("tables.refresh", REFRESH.toMillis() + "ms");
    options.put("heartbeat.interval", "0s");
    // classes run side by side, and slots of the same name on several servers
    options.put(
        "stream.spill-dir",
        Path.of(System.getProperty("java.io.tmpdir"), "tidemark-test-spill-" + server.port())
            .toString());
  }

  /**
   * On the server that all classes share; the database goes when this is closed.
   *
   * @param usual version where none is asked for
   */
  static Capture on(Version usual, String database) throws SQLException {
    EmbeddedPostgres server = SharedServers.of(Tried.version(usual));
    Capture capture = new Capture(server, database);
    capture.shared = Optional.of(server);
    return capture;
  }

  /** Makes the table of most tests: {@code t(id, v)} with the rows {@code (1, 'v1')} and on. */
  Capture withTable(int rows) throws SQLException {
    execute(
        "CREATE TABLE t (id int PRIMARY KEY, v text)",
        "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, " + rows + ") i");
    return this;
  }

  PostgresConfig config() {
    List<String> problems = new ArrayList<>();
    PostgresConfig config =
        PostgresConfig.from(
            Settings.read(PostgresConfig.SPEC, options, "source", problems), Map.of(), problems);
    assertThat(problems).isEmpty();
    return config;
  }

  Capture with(String option, Object value) {
    options.put(option, value);
    return this;
  }

  /** Opens a source where the copy stands. */
  Capture open() {
    source = new PostgresSource(config(), Map.of());
    source.open(copy.resumePoint());
    return this;
  }

  /** Another server takes the place of the one so far; to be followed by {@link #open}. */
  Capture moveTo(EmbeddedPostgres other) {
    server = other;
    return with("url", other.uri(database));
  }

  /** Opens a source where the copy stands and gives what it ends with. */
  Throwable refusal() throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    try (PostgresSource refused = new PostgresSource(config(), Map.of())) {
      refused.open(copy.resumePoint());
      while (System.nanoTime() - deadline < 0) {
        refused.poll(Duration.ofMillis(50));
      }
    } catch (TidemarkException e) {
      return e;
    }
    throw new AssertionError("the source goes on");
  }

  /** A session of the owner, to be closed by the caller. */
  Connection connect() throws SQLException {
    return server.connect(database);
  }

  /** A value of the server, as text. */
  String ask(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Closes the source without confirming anything and opens another one. */
  void crash() {
    source.close();
    copy.crash();
    open();
  }

  void execute(String... statements) throws SQLException {
    server.executeIn(database, statements);
  }

  /** Takes events until a condition holds for what a boundary has covered. */
  void until(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(
            "not within a minute; tables "
                + copy.tables
                + ", notes "
                + copy.notes
                + ", status "
                + (source == null ? "none" : source.status()));
      }
      step();
    }
  }

  /** Takes one event, if one comes. */
  void step() throws InterruptedException {
    if (source == null) {
      TimeUnit.MILLISECONDS.sleep(20);
      return;
    }
    SourceEvent event = source.poll(Duration.ofMillis(50));
    if (event != null) {
      copy.take(event);
      if (event instanceof SourceEvent.Boundary boundary) {
        source.confirm(boundary.position());
      }
    }
  }

  /** Takes events for so long that the watch looks some times: what may not come would come. */
  void rest() throws InterruptedException {
    long end = System.nanoTime() + 6 * REFRESH.toNanos();
    while (System.nanoTime() - end < 0) {
      step();
    }
  }

  /** Takes events until all that was committed up to now is in the copy. */
  void catchUp() throws SQLException, InterruptedException {
    Lsn now;
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_logical_emit_message(true, 'tidemark', 'test')::text")) {
      row.next();
      now = Lsn.parse(row.getString(1));
    }
    until(() -> !copy.position.lsn(database).isBefore(now));
  }

  /** What the copy was told of a table last; null before anything was. */
  TableState state(String table) {
    return copy.tables.get(TableName.parse(table));
  }

  TableState.Phase phase(String table) {
    TableState state = state(table);
    return state == null ? null : state.phase();
  }

  /** Number of the copy attempt that a table is in, or was made by. */
  int attempt(String table) {
    return state(table).attempt();
  }

  /** Why a table is as it is; empty where nothing is to be said. */
  String reason(String table) {
    return state(table).reason().orElse("");
  }

  /** The copy's rows of a table, as texts, sorted. */
  List<String> current(String table) {
    return copy.current(TableName.parse(table));
  }

  /** Every change of a table that the copy was given. */
  List<Copy.Row> changes(String table) {
    return copy.rows.getOrDefault(TableName.parse(table), List.of());
  }

  void untilMember(String... tables) throws InterruptedException {
    for (String table : tables) {
      until(() -> phase(table) == TableState.Phase.MEMBER);
    }
  }

  /** Waits for something at the server or in the source, without taking an event. */
  void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within a minute").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  /**
   * Waits until the catalog was looked at and what it shows was taken in, without taking an event:
   * a new table is published by a look, the next one after it comes when that look is over.
   */
  void awaitLook() throws SQLException, InterruptedException {
    for (int i = 0; i < 2; i++) {
      String name = "look_" + Long.toHexString(System.nanoTime());
      execute("CREATE TABLE " + name + " (id int PRIMARY KEY)");
      await(() -> isPublished(name));
    }
  }

  /** Whether a publication has a table of the schema {@code public}. */
  boolean isPublished(String table) {
    return ask("SELECT count(*) FROM pg_publication_tables WHERE tablename = '" + table + "'")
        .equals("1");
  }

  /** Waits until so many sessions of the database wait for a lock, without taking an event. */
  void awaitWaiting(String lock, int sessions) throws InterruptedException {
    String sql =
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
            + " AND datname = '"
            + database
            + "' AND locktype = '"
            + lock
            + "'";
    await(() -> ask(sql).equals(Integer.toString(sessions)));
  }

  /** Runs a statement and waits until the reader has given of it what fits into the queue. */
  void giveFirst(String sql) throws SQLException, InterruptedException {
    long before = source.status().changesCaptured();
    execute(sql);
    await(() -> source.status().changesCaptured() > before);
  }

  /** Waits until a table has been copied so often. */
  void untilCopied(String table, int attempt) throws InterruptedException {
    until(() -> attempt(table) == attempt && phase(table) == TableState.Phase.MEMBER);
  }

  /** Compares every value of every column of a table with the source. */
  void assertEqual(String... tables) throws SQLException, InterruptedException {
    catchUp();
    for (String table : tables) {
      assertThat(current(table)).as(table).isEqualTo(sourceRows(table, "*"));
      assertThat(copy.stamps(TableName.parse(table))).as("stamps").doesNotHaveDuplicates();
    }
  }

  /** Rows of the source as its own texts, sorted like the copy's. */
  List<String> sourceRows(String table, String columns) throws SQLException {
    return SourceRows.read(server.jdbcUrl(database), TableName.parse(table), columns);
  }

  @Override
  public void close() throws SQLException {
    if (source != null) {
      source.close();
    }
    if (shared.isPresent()) {
      SharedServers.leave(shared.get(), database);
    }
  }
}
