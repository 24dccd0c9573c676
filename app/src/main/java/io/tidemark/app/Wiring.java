package io.tidemark.app;

import io.tidemark.api.config.ComponentSpec;
import io.tidemark.api.config.Settings;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.sink.Sink;
import io.tidemark.api.transform.Transform;
import io.tidemark.duckdb.sink.DuckDbConfig;
import io.tidemark.duckdb.sink.DuckDbSink;
import io.tidemark.engine.config.Catalog;
import io.tidemark.engine.config.ConfigLoader;
import io.tidemark.engine.config.LoadedConfig;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.engine.pipeline.Pipeline;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.engine.transform.Transforms;
import io.tidemark.kafka.sink.KafkaSink;
import io.tidemark.kafka.sink.KafkaSinkConfig;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.ParquetSink;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.PostgresSource;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.sink.PostgresSink;
import io.tidemark.postgres.sink.PostgresSinkConfig;
import io.tidemark.snowflake.SnowflakeConfig;
import io.tidemark.snowflake.SnowflakeLook;
import io.tidemark.snowflake.SnowflakeSink;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The one place that puts things together: it alone knows which components there are. */
public final class Wiring {
  private final Map<String, String> environment;

  /**
   * @param environment the process's environment variables
   */
  public Wiring(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** Everything that can be written in a configuration. */
  public static Catalog catalog() {
    List<ComponentSpec> components = new ArrayList<>();
    components.add(PostgresConfig.SPEC);
    components.add(ParquetConfig.SPEC);
    components.add(DuckDbConfig.SPEC);
    components.add(PostgresSinkConfig.SPEC);
    components.add(SnowflakeConfig.SPEC);
    components.add(KafkaSinkConfig.SPEC);
    components.addAll(Transforms.SPECS);
    return new Catalog(PipelineConfig.SPEC, components);
  }

  /**
   * Reads a configuration file.
   *
   * @throws TidemarkException CONFIGURATION with every problem of the file
   */
  public Setup load(Path file) {
    LoadedConfig loaded = new ConfigLoader(catalog(), environment).load(file);
    List<String> problems = new ArrayList<>();
    PostgresConfig source = PostgresConfig.from(loaded.source().settings(), environment, problems);
    PipelineConfig pipeline = PipelineConfig.of(loaded.pipeline());
    List<Setup.Copy> sinks = new ArrayList<>();
    for (int i = 0; i < loaded.sinks().size(); i++) {
      LoadedConfig.Component sink = loaded.sinks().get(i);
      String where = "sinks[" + i + "]";
      sinks.add(
          sink.type().equals(KafkaSinkConfig.SPEC.type())
              ? new Setup.Topics(
                  sink.name(),
                  KafkaSinkConfig.from(
                      sink.settings(), source.endpoint().database(), where, problems))
              : copy(sink, pipeline.name(), where, problems));
    }
    if (pipeline.policies().onReject() == PipelineConfig.OnReject.ROW && problems.isEmpty()) {
      sinks.stream().map(Wiring::sink).forEach(sink -> requireSingleRows(sink, problems));
    }
    List<Transform> transforms = new ArrayList<>();
    for (int i = 0; i < loaded.transforms().size(); i++) {
      LoadedConfig.Component transform = loaded.transforms().get(i);
      String where = "transforms[" + i + "]";
      transforms.add(Transforms.of(transform.type(), transform.settings(), where, problems));
    }
    if (!problems.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot use configuration " + file + ":\n  " + String.join("\n  ", problems));
    }
    return new Setup(pipeline, source, sinks, transforms);
  }

  private static void requireSingleRows(NamedSink named, List<String> problems) {
    try (Sink sink = named.factory().get()) {
      if (sink.capabilities().wholeTransactions()) {
        problems.add(
            "on-reject: 'row' does not fit sink "
                + named.name()
                + ", which promises whole transactions. Set it to transaction, table or stop.");
      }
    }
  }

  private static Setup.Copy copy(
      LoadedConfig.Component sink, String pipeline, String where, List<String> problems) {
    if (sink.type().equals(DuckDbConfig.SPEC.type())) {
      return new Setup.DuckDbFile(sink.name(), DuckDbConfig.from(sink.settings(), where, problems));
    } else if (sink.type().equals(PostgresSinkConfig.SPEC.type())) {
      return new Setup.Database(
          sink.name(), PostgresSinkConfig.from(sink.settings(), pipeline, where, problems));
    } else if (sink.type().equals(SnowflakeConfig.SPEC.type())) {
      return new Setup.Warehouse(
          sink.name(), pipeline, SnowflakeConfig.from(sink.settings(), where, problems));
    }
    return new Setup.Lake(sink.name(), ParquetConfig.from(sink.settings(), where, problems));
  }

  /** A sink of a configuration; nothing is opened yet. */
  public static NamedSink sink(Setup.Copy copy) {
    if (copy instanceof Setup.DuckDbFile file) {
      return new NamedSink(
          file.name(), DuckDbConfig.SPEC.type(), () -> new DuckDbSink(file.config()));
    } else if (copy instanceof Setup.Database database) {
      return new NamedSink(
          database.name(),
          PostgresSinkConfig.SPEC.type(),
          () -> new PostgresSink(database.config()));
    } else if (copy instanceof Setup.Warehouse warehouse) {
      HeavyDriver driver = HeavyDriver.ofThisProgram();
      return new NamedSink(
          warehouse.name(),
          SnowflakeConfig.SPEC.type(),
          () -> new SnowflakeSink(warehouse.config(), warehouse.pipeline(), driver));
    }
    if (copy instanceof Setup.Topics topics) {
      return new NamedSink(
          topics.name(), KafkaSinkConfig.SPEC.type(), () -> new KafkaSink(topics.config()));
    }
    return new NamedSink(
        copy.name(),
        ParquetConfig.SPEC.type(),
        () -> new ParquetSink(((Setup.Lake) copy).config()));
  }

  /** What a Snowflake sink holds. */
  public static SnowflakeLook look(Setup.Warehouse copy) {
    return SnowflakeLook.at(copy.config(), copy.pipeline(), HeavyDriver.ofThisProgram());
  }

  /** The pipeline of a configuration; nothing is opened yet. */
  public Pipeline pipeline(Setup setup) {
    List<NamedSink> sinks = setup.sinks().stream().map(Wiring::sink).toList();
    return new Pipeline(
        setup.pipeline(),
        () -> new PostgresSource(setup.source(), environment),
        setup.transforms(),
        sinks);
  }

  /** The database of a configuration. */
  public Connector database(Setup setup) {
    return new Connector(setup.source().endpoint(), environment);
  }

  /**
   * A database by its URL.
   *
   * @param url as libpq takes it; empty for what the PG* variables say
   * @throws TidemarkException USAGE when it cannot be read
   */
  public Connector database(String url) {
    return new Connector(source(url).endpoint(), environment);
  }

  /** A source with default options but for its URL, which is read as {@link #database} does. */
  public PostgresConfig source(String url) {
    List<String> problems = new ArrayList<>();
    Map<String, Object> nodes = url.isEmpty() ? Map.of() : Map.of("url", url);
    Settings settings = Settings.read(PostgresConfig.SPEC, nodes, "source", problems);
    PostgresConfig config = PostgresConfig.from(settings, environment, problems);
    if (!problems.isEmpty()) {
      throw new TidemarkException(
          ErrorCode.USAGE, "Cannot use the database that was named: " + String.join(" ", problems));
    }
    return config;
  }
}
