package io.tidemark.kafka.sink;

import io.tidemark.api.config.Settings;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.kafka.KafkaBroker;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * Debezium and Tidemark on the same database, with the same options, each with a slot of its own.
 * Both have read the snapshot when this is made.
 */
final class BothSides implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final String MARK = "public.mark";

  private final EmbeddedPostgres server;
  private final String database;
  private final String prefix;
  private final DebeziumEvents debezium;
  private final Pipeline pipeline;
  private final Thread running;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private int marks;

  /**
   * @param setup SQL that makes tables and rows for the snapshot
   * @param options of Debezium's names, for both
   */
  BothSides(
      EmbeddedPostgres server,
      String database,
      List<String> setup,
      Map<String, String> options,
      Path folder)
      throws Exception {
    this.server = server;
    this.database = database;
    this.prefix = database;
    server.createDatabase(database);
    server.executeIn(database, setup.toArray(String[]::new));
    server.executeIn(
        database, "CREATE TABLE mark (id int PRIMARY KEY)", "INSERT INTO mark VALUES (0)");
    debezium = new DebeziumEvents(debezium(options, folder));
    pipeline = pipeline(options, folder);
    running = new Thread(this::run, "pipeline");
    running.start();
    await(() -> ours(prefix + "." + MARK).size() >= 1);
    await(() -> debezium.of(prefix + "." + MARK).size() >= 1);
    await(() -> slots() == 2);
    mark();
  }

  private void run() {
    try {
      pipeline.run();
    } catch (Throwable e) { // told by the next look
      failure.set(e);
    }
  }

  private int slots() {
    try (var connection = server.connect(database);
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_replication_slots WHERE active AND database = '"
                    + database
                    + "'")) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Properties debezium(Map<String, String> options, Path folder) {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "name",
            "peer",
            "connector.class",
            "io.debezium.connector.postgresql.PostgresConnector",
            "offset.storage",
            "org.apache.kafka.connect.storage.FileOffsetBackingStore",
            "offset.storage.file.filename",
            folder.resolve(database + ".offsets").toString(),
            "offset.flush.interval.ms",
            "60000",
            "topic.prefix",
            prefix,
            "database.hostname",
            "127.0.0.1",
            "database.port",
            String.valueOf(server.port()),
            "database.dbname",
            database,
            "database.user",
            EmbeddedPostgres.USER));
    properties.putAll(
        Map.of(
            "database.password", server.password(),
            "plugin.name", "pgoutput",
            "slot.name", database + "_peer",
            "publication.name", database + "_peer",
            "poll.interval.ms", "20",
            "errors.max.retries", "0",
            "skipped.operations", "none",
            "event.converting.failure.handling.mode", "warn",
            "publish.via.partition.root", "true",
            "errors.tolerance", "none"));
    properties.putAll(options);
    String schemas = options.getOrDefault("schemas.enable", "true");
    properties.put("key.converter.schemas.enable", schemas);
    properties.put("value.converter.schemas.enable", schemas);
    properties.remove("schemas.enable");
    return properties;
  }

  private Pipeline pipeline(Map<String, String> options, Path folder) throws Exception {
    List<String> problems = new ArrayList<>();
    PostgresConfig source =
        PostgresConfig.from(
            Settings.read(
                PostgresConfig.SPEC,
                Map.of(
                    "url",
                    server.uri(database),
                    "password",
                    server.password(),
                    "slot",
                    database + "_ours",
                    "publication",
                    database + "_ours",
                    "tables.include",
                    "public.*"),
                "source",
                problems),
            Map.of(),
            problems);
    Map<String, Object> nodes = new HashMap<>(options);
    nodes.put("bootstrap.servers", KafkaBroker.shared().bootstrap());
    nodes.put("topic.prefix", prefix);
    nodes.put("topic.creation.default.partitions", "1");
    KafkaSinkConfig sink = KafkaFixture.config(database, nodes);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.toString());
    }
    return new Pipeline(
        PipelineConfig.of(database, folder.resolve(database + "-data"), Duration.ofMillis(200)),
        () -> new PostgresSource(source, Map.of()),
        List.of(),
        List.of(new NamedSink("kafka", "kafka", () -> new KafkaSink(sink))));
  }

  private void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      if (failure.get() != null) {
        throw new IllegalStateException("Tidemark stopped.", failure.get());
      }
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("Waited " + LIMIT + " in vain. " + pipeline.status());
      }
      Thread.sleep(50);
    }
  }

  /** Runs SQL, each statement a transaction of its own, and waits until both have all of it. */
  void change(List<String> sql) throws Exception {
    server.executeIn(database, sql.toArray(String[]::new));
    mark();
  }

  private void mark() throws Exception {
    marks++;
    server.executeIn(database, "INSERT INTO mark VALUES (" + marks + ")");
    await(() -> ours(prefix + "." + MARK).size() > marks);
    await(() -> debezium.of(prefix + "." + MARK).size() > marks);
  }

  /** Topics that Debezium has written to. */
  List<String> topics() {
    return debezium.topics();
  }

  List<DebeziumEvents.Event> theirs(String topic) {
    return debezium.of(topic);
  }

  List<Topic.Record> ours(String topic) {
    try {
      return Topic.read(KafkaBroker.shared().bootstrap(), topic);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws Exception {
    debezium.close();
    pipeline.stop();
    running.join();
  }
}
