package io.tidemark.bench;

import io.tidemark.duckdb.sink.DuckDbConfig;
import io.tidemark.duckdb.sink.DuckDbSink;
import io.tidemark.engine.pipeline.NamedSink;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.ParquetSink;
import io.tidemark.postgres.sink.PostgresSink;
import io.tidemark.postgres.sink.PostgresSinkConfig;
import io.tidemark.postgres.sink.PostgresSinkConfig.Apply;
import java.nio.file.Path;
import java.time.Duration;

/** Where Tidemark puts its copy, with default settings. */
enum Target {
  /** Parquet files in a folder. */
  PARQUET {
    @Override
    NamedSink sink(Reader.Job job) {
      ParquetConfig lake = ParquetConfig.of(Path.of(job.folder(), "lake").toString());
      return new NamedSink("lake", "parquet", () -> new ParquetSink(lake));
    }
  },
  /** Current rows in a DuckDB file; no file for readers, which is made once a minute. */
  DUCKDB {
    @Override
    NamedSink sink(Reader.Job job) {
      DuckDbConfig file =
          DuckDbConfig.of(Path.of(job.folder(), "copy.duckdb")).publishing(Duration.ZERO, 0);
      return new NamedSink("file", "duckdb", () -> new DuckDbSink(file));
    }
  },
  /** Current rows in another PostgreSQL. */
  POSTGRES {
    @Override
    NamedSink sink(Reader.Job job) {
      return postgres(job, Apply.BATCH);
    }
  },
  /** The same, each transaction by one of its own. */
  POSTGRES_TRANSACTIONAL {
    @Override
    NamedSink sink(Reader.Job job) {
      return postgres(job, Apply.TRANSACTIONAL);
    }
  };

  private static NamedSink postgres(Reader.Job job, Apply apply) {
    PostgresSinkConfig copy =
        PostgresSinkConfig.of(job.target().substring("jdbc:".length()), "bench").applying(apply);
    return new NamedSink("copy", "postgres", () -> new PostgresSink(copy));
  }

  /** The sink of a job. */
  abstract NamedSink sink(Reader.Job job);
}
