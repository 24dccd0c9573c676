package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.sink.Capabilities;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.sink.SinkException;
import io.tidemark.api.sink.SinkState;
import io.tidemark.api.sink.Staged;
import io.tidemark.api.transform.Transform;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import io.tidemark.postgres.type.PinnedSettings;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Two databases, and a pipeline from the one to the other that can be stopped and started. */
final class LiveCopy implements AutoCloseable {
  private static final long LIMIT_NANOS = Duration.ofSeconds(60).toNanos();

  final EmbeddedPostgres server;
  final String source;
  final String target;
  private final Path folder;
  private final Map<String, Object> sourceOptions = new HashMap<>();
  private final Map<String, Object> sinkOptions = new HashMap<>();
  private final List<Transform> transforms = new ArrayList<>();
  private final Connection atSource;
  private Connection atTarget;
  private boolean defined = true;
  private Pipeline pipeline;
  private CompletableFuture<Void> run;

  LiveCopy(EmbeddedPostgres server, String name, Path folder) throws SQLException {
    this.server = server;
    this.source = name;
    this.target = name + "_copy";
    this.folder = folder;
    server.createDatabase(source);
    server.createDatabase(target);
    sourceOptions.put("url", server.uri(source));
    sourceOptions.put("slot", source);
    sourceOptions.put("tables.refresh", "100ms");
    sinkOptions.put("url", server.uri(target));
    atSource = pinned(source);
    atTarget = pinned(target);
  }

  private Connection pinned(String database) throws SQLException {
    Connection connection = server.connect(database);
    try (Statement statement = connection.createStatement()) {
      for (String setting : PinnedSettings.statements()) {
        statement.execute(setting);
      }
    }
    return connection;
  }

  LiveCopy withSource(String option, Object value) {
    sourceOptions.put(option, value);
    return this;
  }

  LiveCopy with(String option, Object value) {
    sinkOptions.put(option, value);
    return this;
  }

  LiveCopy through(Transform transform) {
    transforms.add(transform);
    return this;
  }

  /** The copy is in the source's own database. */
  LiveCopy besideSource() throws SQLException {
    atTarget.close();
    atTarget = pinned(source);
    return with("url", server.uri(source));
  }

  PostgresSinkConfig sinkConfig() {
    List<String> problems = new ArrayList<>();
    PostgresSinkConfig config =
        PostgresSinkConfig.from(
            Settings.read(PostgresSinkConfig.SPEC, sinkOptions, "sink", problems),
            "live",
            "sink",
            problems);
    assertThat(problems).isEmpty();
    return config;
  }

  PostgresConfig sourceConfig() {
    List<String> problems = new ArrayList<>();
    PostgresConfig config =
        PostgresConfig.from(
            Settings.read(PostgresConfig.SPEC, sourceOptions, "source", problems),
            Map.of(),
            problems);
    assertThat(problems).isEmpty();
    return config;
  }

  /** The sink is told nothing but forms, as an older version was. */
  LiveCopy withoutDefinitions() {
    defined = false;
    return this;
  }

  LiveCopy withDefinitions() {
    defined = true;
    return this;
  }

  private Sink sink(PostgresSinkConfig to) {
    PostgresSink sink = new PostgresSink(to);
    return defined ? sink : new Undefined(sink);
  }

  /** Starts the pipeline. */
  LiveCopy start() {
    PostgresConfig from = sourceConfig();
    PostgresSinkConfig to = sinkConfig();
    pipeline =
        new Pipeline(
            PipelineConfig.of("live", folder, Duration.ofMillis(100)),
            () -> new PostgresSource(from, Map.of()),
            transforms,
            List.of(new NamedSink("copy", "postgres", () -> sink(to))));
    Pipeline started = pipeline;
    run =
        CompletableFuture.runAsync(
            () -> {
              try {
                started.run();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    return this;
  }

  void stop() throws Exception {
    if (pipeline != null) {
      pipeline.stop();
      run.get(60, TimeUnit.SECONDS);
      pipeline = null;
    }
  }

  void source(String... statements) throws SQLException {
    try (Statement statement = atSource.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  void target(String... statements) throws SQLException {
    try (Statement statement = atTarget.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  List<String> askSource(String sql) throws SQLException {
    return ask(atSource, sql);
  }

  List<String> askTarget(String sql) throws SQLException {
    return ask(atTarget, sql);
  }

  private static List<String> ask(Connection connection, String sql) throws SQLException {
    List<String> all = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getString(i));
        }
        all.add(String.join(" | ", row.stream().map(String::valueOf).toList()));
      }
    }
    return all;
  }

  /** Waits until a question has the same answer at both sides. */
  void same(String sql) throws Exception {
    same(sql, sql);
  }

  /** Waits until a question at the target has the answer of one at the source. */
  void same(String there, String here) throws Exception {
    List<String> expected = askSource(there);
    assertThat(expected).as("answer of the source").isNotEmpty();
    answers(here, expected.toArray(String[]::new));
  }

  /** Waits until a question at the target has an answer. */
  void answers(String sql, String... expected) throws Exception {
    long deadline = System.nanoTime() + LIMIT_NANOS;
    List<String> found = List.of();
    String refusal = "";
    while (System.nanoTime() - deadline < 0) {
      requireRunning();
      try {
        found = askTarget(sql);
        if (found.equals(List.of(expected))) {
          return;
        }
      } catch (SQLException e) {
        refusal = e.getMessage(); // the table is not there yet
      }
      Thread.sleep(20);
    }
    assertThat(found).as("%s (%s) %s", sql, refusal, status()).containsExactly(expected);
  }

  private void requireRunning() throws Exception {
    if (run != null && run.isDone() && pipeline != null) {
      run.get();
      throw new AssertionError("the pipeline has ended");
    }
  }

  private String status() {
    return pipeline == null
        ? ""
        : pipeline.status().problem() + pipeline.status().tables() + pipeline.status().sinks();
  }

  /** Waits until all tables of the pipeline are members. */
  void member(int tables) throws Exception {
    answers(
        "SELECT count(*) FROM tidemark.tables WHERE state = '"
            + TableState.Phase.MEMBER.word()
            + "'",
        "" + tables);
  }

  @Override
  public void close() throws Exception {
    stop();
    atSource.close();
    atTarget.close();
  }

  /** A sink that takes no definitions. */
  private record Undefined(PostgresSink sink) implements Sink {
    @Override
    public Capabilities capabilities() {
      return sink.capabilities();
    }

    @Override
    public SinkState open() throws SinkException {
      return sink.open();
    }

    @Override
    public SinkState reopen(long held) throws SinkException {
      return sink.reopen(held);
    }

    @Override
    public void prepare(TableSchema schema) throws SinkException {
      sink.prepare(schema);
    }

    @Override
    public void stage(ChangeBatch batch) throws SinkException {
      sink.stage(batch);
    }

    @Override
    public List<Staged> seal(Position upTo) throws SinkException {
      return sink.seal(upTo);
    }

    @Override
    public void commit(Commit commit) throws SinkException {
      sink.commit(commit);
    }

    @Override
    public void close() {
      sink.close();
    }
  }
}
