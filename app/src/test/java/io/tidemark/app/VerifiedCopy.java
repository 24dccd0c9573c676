package io.tidemark.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Commit;
import io.tidemark.api.sink.SinkState;
import io.tidemark.app.lake.LakeCopy;
import io.tidemark.app.live.RunningPipeline;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.ParquetSink;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.testkit.Batches;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** A database, a pipeline of it that runs in this process, and {@code tidemark verify} of both. */
final class VerifiedCopy implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final EmbeddedPostgres server;
  private final String database;
  private final Path folder;
  private final Path config;
  private RunningPipeline pipeline;

  /**
   * Writes the configuration of a pipeline.
   *
   * @param more lines of YAML at the end; indented ones are options of the source
   */
  VerifiedCopy(EmbeddedPostgres server, String database, Path folder, String more)
      throws Exception {
    this(
        server,
        database,
        folder,
        "  - {type: parquet, path: " + folder.resolve("lake") + "}\n",
        more);
  }

  /** The same with sinks of its own, lines of YAML. */
  static VerifiedCopy with(
      EmbeddedPostgres server, String database, Path folder, String sinks, String more)
      throws Exception {
    return new VerifiedCopy(server, database, folder, sinks, more);
  }

  private VerifiedCopy(
      EmbeddedPostgres server, String database, Path folder, String sinks, String more)
      throws Exception {
    this.server = server;
    this.database = database;
    this.folder = folder;
    this.config = folder.resolve("tidemark.yaml");
    Files.writeString(
        config,
        """
        name: %s
        data-dir: %s
        flush.interval: 100ms
        sinks:
        %s
        source:
          type: postgres
          url: %s
          slot: %s
        %s
        """
            .formatted(
                database, folder.resolve("data"), sinks, server.uri(database), database, more));
  }

  void execute(String... statements) throws Exception {
    server.executeIn(database, statements);
  }

  /** Runs the pipeline until a number of tables are members. */
  void start(int tables) throws Exception {
    Wiring wiring = new Wiring(Map.of());
    pipeline = RunningPipeline.start(wiring.pipeline(wiring.load(config)), folder.resolve("data"));
    while (members() < tables) {
      assertThat(pipeline.hasEnded()).as("the pipeline has ended").isFalse();
      Thread.sleep(50);
    }
  }

  private long members() {
    return pipeline.status().tables().stream()
        .filter(table -> table.state().equals("member"))
        .count();
  }

  /** Brings everything that was written to the copy. */
  void catchUp() throws Exception {
    try (var connection = server.connect(database);
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text")) {
      row.next();
      pipeline.flush(io.tidemark.api.model.Lsn.parse(row.getString(1)), PATIENCE);
    }
  }

  void stop() throws Exception {
    assertThat(pipeline.stop(PATIENCE)).isTrue();
    pipeline = null;
  }

  /**
   * Changes the copy behind the back of the pipeline, which must not run: writes rows of a table
   * into the lake as if they had come before its tidemark.
   */
  void plant(String table, UnaryOperator<Batches> rows) throws Exception {
    TableSchema form;
    Position tidemark;
    long micros;
    ParquetConfig lake = ParquetConfig.of(folder.resolve("lake").toString());
    try (LakeCopy copy = LakeCopy.open(lake, List.of(), AsOf.LATEST, folder.resolve("cache"))) {
      TransformChain transforms =
          new TransformChain(new Wiring(Map.of()).load(config).transforms());
      form =
          transforms.schema(copy.state().newestSchemas().get(TableName.parse(table))).orElseThrow();
      tidemark = copy.tidemark();
      micros = copy.committedAtMicros();
    }
    ChangeBatch batch = rows.apply(Batches.of(form).at(tidemark.lsn().value() - 1)).batch();
    try (ParquetSink sink = new ParquetSink(lake)) {
      SinkState held = sink.open();
      assertThat(held.tidemark()).isEqualTo(tidemark);
      sink.prepare(form);
      sink.stage(batch);
      sink.commit(
          new Commit(tidemark, micros, sink.seal(tidemark), new TreeMap<>(), new TreeMap<>()));
    }
  }

  /** What {@code verify} said, and the exit code. */
  record Verified(int status, JsonNode report) {
    JsonNode table(String name) {
      for (JsonNode table : report.get("tables")) {
        if (table.get("table").asText().equals("public." + name)) {
          return table;
        }
      }
      throw new AssertionError("no table " + name + " in " + report);
    }

    String verdict(String name) {
      return table(name).get("verdict").asText();
    }

    /** Each difference of a table as kind, key and columns, sorted. */
    List<String> differences(String name) {
      TreeSet<String> found = new TreeSet<>();
      for (JsonNode each : table(name).get("differences")) {
        List<String> words = new ArrayList<>(List.of(each.get("kind").asText()));
        each.get("key").forEach(value -> words.add(value.asText()));
        each.get("columns").forEach(column -> words.add("." + column.asText()));
        if (each.get("rows").asLong() > 1) {
          words.add("x" + each.get("rows").asLong());
        }
        found.add(String.join(" ", words));
      }
      return List.copyOf(found);
    }

    boolean isEqual() {
      return status == 0 && report.get("equal").asBoolean();
    }
  }

  Program.Said call(String... options) {
    List<String> all = new ArrayList<>(List.of("verify", "--config", config.toString()));
    all.addAll(List.of(options));
    return Program.inProcess(all.toArray(String[]::new));
  }

  Program.Said query(String... options) {
    List<String> all = new ArrayList<>(List.of("query", "--config", config.toString()));
    all.addAll(List.of(options));
    return Program.inProcess(all.toArray(String[]::new));
  }

  Verified verify(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--json");
    Program.Said said = call(all.toArray(String[]::new));
    assertThat(said.status()).as(said.err() + said.out()).isLessThan(2);
    return new Verified(said.status(), JSON.readTree(said.lastLine()));
  }

  @Override
  public void close() throws Exception {
    if (pipeline != null) {
      try {
        pipeline.stop(PATIENCE);
      } catch (TidemarkException e) {
        throw new AssertionError("the pipeline had failed", e);
      }
    }
  }
}
