package io.tidemark.duckdb.sink;

import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.sink.Sink;
import io.tidemark.duckdb.DuckDbCopy;
import io.tidemark.duckdb.DuckDbOptions;
import io.tidemark.testkit.CommittedRow;
import io.tidemark.testkit.CurrentRow;
import io.tidemark.testkit.Form;
import io.tidemark.testkit.SinkFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A DuckDB file and every sink that was made for it, closed at the end. */
final class DuckDbFixture implements SinkFixture {
  private final DuckDbConfig config;
  private final List<Sink> sinks = new ArrayList<>();

  DuckDbFixture(DuckDbConfig config) {
    this.config = config;
  }

  @Override
  public Sink newSink() {
    Sink sink = new DuckDbSink(config);
    sinks.add(sink);
    return sink;
  }

  @Override
  public Optional<List<CommittedRow>> history(TableName table) {
    return config.keep().changes() ? Optional.of(FileChanges.of(config, table)) : Optional.empty();
  }

  @Override
  public Optional<List<CurrentRow>> current(TableName table) {
    return Optional.of(FileRows.current(config, table));
  }

  @Override
  public Map<String, String> columnTypes(TableName table) {
    return FileRows.types(config, table);
  }

  /** What the sink has published for other processes. */
  @Override
  public Optional<CopyReader> reader() {
    return Optional.of(
        DuckDbCopy.ofFile(
            List.of(config.readPath()),
            new DuckDbOptions(1L << 28, 2, config.tempFolder().resolve("query"))));
  }

  @Override
  public Optional<TableSchema> refusedForm() {
    return Optional.of(
        Form.of("public.refused").column("a", Form.TEXT).column("A", Form.TEXT).schema());
  }

  @Override
  public void close() {
    sinks.forEach(Sink::close);
  }
}
