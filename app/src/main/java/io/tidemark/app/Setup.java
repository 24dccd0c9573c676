package io.tidemark.app;

import io.tidemark.engine.pipeline.PipelineConfig;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.postgres.PostgresConfig;
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
    List<Lake> sinks,
    List<io.tidemark.api.transform.Transform> transforms) {
  public Setup {
    sinks = List.copyOf(sinks);
    transforms = List.copyOf(transforms);
  }

  /**
   * A Parquet sink.
   *
   * @param name its name in the pipeline
   */
  public record Lake(String name, ParquetConfig config) {}
}
