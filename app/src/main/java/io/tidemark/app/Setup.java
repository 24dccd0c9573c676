package io.tidemark.app;

import io.tidemark.duckdb.sink.DuckDbConfig;
import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.kafka.sink.KafkaSinkConfig;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.sink.PostgresSinkConfig;
import io.tidemark.snowflake.SnowflakeConfig;
import java.util.List;

/**
 * A configuration file, read and found to hold together.
 *
 * @param pipeline the pipeline itself
 * @param source the database
 * @param sinks the copies, at least one
 * @param transforms what happens to rows on their way, in order
 */
public record Setup(
    PipelineConfig pipeline,
    PostgresConfig source,
    List<Copy> sinks,
    List<io.tidemark.api.transform.Transform> transforms) {
  public Setup {
    sinks = List.copyOf(sinks);
    transforms = List.copyOf(transforms);
  }

  /** The same with its metrics endpoint at a port. */
  public Setup withMetricsAt(int port) {
    return new Setup(pipeline.withMetricsAt(port), source, sinks, transforms);
  }

  /** A sink. */
  public sealed interface Copy {
    /** Its name in the pipeline. */
    String name();

    /** Where it is, for people. */
    String place();
  }

  /**
   * A Parquet sink.
   *
   * @param name its name in the pipeline
   */
  public record Lake(String name, ParquetConfig config) implements Copy {
    @Override
    public String place() {
      return config.path();
    }
  }

  /**
   * A DuckDB sink.
   *
   * @param name its name in the pipeline
   */
  public record DuckDbFile(String name, DuckDbConfig config) implements Copy {
    @Override
    public String place() {
      return config.place();
    }
  }

  /**
   * A PostgreSQL sink.
   *
   * @param name its name in the pipeline
   */
  public record Database(String name, PostgresSinkConfig config) implements Copy {
    @Override
    public String place() {
      return config.endpoint().toString();
    }
  }

  /**
   * A Snowflake sink.
   *
   * @param name its name in the pipeline
   * @param pipeline under which name its tidemark stands
   */
  public record Warehouse(String name, String pipeline, SnowflakeConfig config) implements Copy {
    @Override
    public String place() {
      return "Snowflake, account " + config.login().account() + ", database " + config.database();
    }
  }

  /**
   * A Kafka sink.
   *
   * @param name its name in the pipeline
   */
  public record Topics(String name, KafkaSinkConfig config) implements Copy {
    @Override
    public String place() {
      return config.place();
    }
  }
}
