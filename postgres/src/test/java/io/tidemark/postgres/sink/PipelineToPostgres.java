package io.tidemark.postgres.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.config.Settings;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A whole pipeline between two databases of one server, from an own slot to an own database. */
final class PipelineToPostgres implements AutoCloseable {
  private final EmbeddedPostgres server;
  private final String name;
  private final Pipeline pipeline;
  private final CompletableFuture<Void> run;

  /**
   * Starts one, after the source's database of that name was filled.
   *
   * @param onReject as the configuration has it
   */
  PipelineToPostgres(
      EmbeddedPostgres server, String name, Path folder, Apply apply, String onReject) {
    this.server = server;
    this.name = name;
    List<String> problems = new ArrayList<>();
    PostgresConfig source =
        PostgresConfig.from(
            Settings.read(
                PostgresConfig.SPEC,
                Map.of(
                    "url",
                    server.uri(name),
                    "slot",
                    name,
                    "publication",
                    name,
                    "tables.refresh",
                    "200ms"),
                "source",
                problems),
            Map.of(),
            problems);
    PipelineConfig config =
        PipelineConfig.of(
            Settings.read(
                PipelineConfig.SPEC,
                Map.of(
                    "name",
                    name,
                    "data-dir",
                    folder.resolve(name).toString(),
                    "flush.interval",
                    "50ms",
                    "on-reject",
                    onReject),
                "pipeline",
                problems));
    assertThat(problems).isEmpty();
    PostgresSinkConfig sink =
        PostgresSinkConfig.of(server.uri(name + "_copy"), name).applying(apply);
    pipeline =
        new Pipeline(
            config,
            () -> new PostgresSource(source, Map.of()),
            List.of(),
            List.of(new NamedSink("copy", "postgres", () -> new PostgresSink(sink))));
    run = CompletableFuture.runAsync(this::run);
  }

  private void run() {
    try {
      pipeline.run();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  CompletableFuture<Void> running() {
    return run;
  }

  /** Waits until the copy of a table has just these rows. */
  void awaitRows(String table, long rows) throws Exception {
    while (true) {
      if (run.isDone()) {
        run.get();
      }
      List<String> there = copy("SELECT to_regclass('" + table + "') IS NOT NULL");
      if (there.equals(List.of("t"))
          && copy("SELECT count(*) FROM " + table).equals(List.of("" + rows))) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** Commits everything that the source has by now. */
  void flush() throws Exception {
    Lsn end = Lsn.parse(ask(name, "SELECT pg_current_wal_insert_lsn()").get(0));
    while (true) {
      try {
        pipeline.flush(Optional.of(end)).get(60, TimeUnit.SECONDS);
        return;
      } catch (ExecutionException | TidemarkException e) {
        // a life ended meanwhile; the next one is asked again
        if (run.isDone()) {
          run.get();
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  List<String> copy(String sql) throws SQLException {
    return ask(name + "_copy", sql);
  }

  private List<String> ask(String database, String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getString(1));
      }
      return all;
    }
  }

  @Override
  public void close() throws Exception {
    pipeline.stop();
    try {
      run.get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      // a test that expects it has looked at it
    }
  }
}
