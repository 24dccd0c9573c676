package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableState;
import io.tidemark.api.source.SourceEvent;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.postgres.type.PinnedSettings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A source on a database of its own, and the {@link Copy} that it feeds: plays the engine's part
 * with one thread.
 */
final class Capture implements AutoCloseable {
  private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();

  EmbeddedPostgres server;
  final String database;
  final Copy copy = new Copy();
  final Map<String, Object> options = new HashMap<>();
  PostgresSource source;

  Capture(EmbeddedPostgres server, String database) throws SQLException {
    this.server = server;
    this.database = database;
    server.createDatabase(database);
    options.put("url", server.uri(database));
    options.put("slot", database);
    options.put("tables.refresh", "300ms");
    options.put("heartbeat.interval", "0s");
    options.put("stream.spill-dir", System.getProperty("java.io.tmpdir") + "/tidemark-test-spill");
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

  /** A value of the server, as text. */
  String ask(String sql) {
    try (Connection connection = server.connect(database);
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

  TableState.Phase phase(String table) {
    TableState state = copy.tables.get(TableName.parse(table));
    return state == null ? null : state.phase();
  }

  void untilMember(String... tables) throws InterruptedException {
    for (String table : tables) {
      until(() -> phase(table) == TableState.Phase.MEMBER);
    }
  }

  /** Compares every value of every column of a table with the source. */
  void assertEqual(String... tables) throws SQLException, InterruptedException {
    catchUp();
    for (String table : tables) {
      assertThat(copy.current(TableName.parse(table))).as(table).isEqualTo(sourceRows(table, "*"));
      assertThat(copy.stamps(TableName.parse(table))).as("stamps").doesNotHaveDuplicates();
    }
  }

  /** Rows of the source as its own texts, sorted like the copy's. */
  List<String> sourceRows(String table, String columns) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection =
            DriverManager.getConnection(server.jdbcUrl(database) + "&preferQueryMode=simple");
        Statement statement = connection.createStatement()) {
      for (String sql : PinnedSettings.statements()) {
        statement.execute(sql);
      }
      TableName name = TableName.parse(table);
      try (ResultSet row =
          statement.executeQuery(
              "SELECT " + columns + " FROM \"" + name.schema() + "\".\"" + name.table() + "\"")) {
        int count = row.getMetaData().getColumnCount();
        while (row.next()) {
          List<String> texts = new ArrayList<>();
          for (int i = 1; i <= count; i++) {
            texts.add(row.getString(i) == null ? "∅" : row.getString(i));
          }
          rows.add(texts.toString());
        }
      }
    }
    return rows.stream().sorted().toList();
  }

  @Override
  public void close() throws SQLException {
    if (source != null) {
      source.close();
    }
  }
}
