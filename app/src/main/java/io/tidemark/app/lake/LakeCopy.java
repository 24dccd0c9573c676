package io.tidemark.app.lake;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableState;
import io.tidemark.api.transform.Transform;
import io.tidemark.engine.deadletter.LetterBox;
import io.tidemark.engine.state.PipelineState;
import io.tidemark.engine.state.StateCodec;
import io.tidemark.engine.transform.TransformChain;
import io.tidemark.parquet.LakeView;
import io.tidemark.parquet.ParquetConfig;
import io.tidemark.parquet.ParquetLake;
import io.tidemark.parquet.state.AsOf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A copy in a Parquet lake, as of one tidemark. */
public final class LakeCopy implements AutoCloseable {
  private static final long CACHE_BYTES = 4L << 30;

  private final ParquetLake lake;
  private final LakeView view;
  private final PipelineState state;
  private final TransformChain transforms;

  private LakeCopy(ParquetLake lake, LakeView view, List<Transform> transforms) {
    this.lake = lake;
    this.view = view;
    this.state = StateCodec.decode(view.entries());
    this.transforms = new TransformChain(transforms);
  }

  /**
   * Opens a copy for reading.
   *
   * @param transforms those of the pipeline that writes it
   * @param cache folder for files of a lake on S3
   */
  public static LakeCopy open(
      ParquetConfig config, List<Transform> transforms, AsOf asOf, Path cache) {
    ParquetLake lake = ParquetLake.open(config, cache, CACHE_BYTES);
    try {
      return new LakeCopy(lake, lake.at(asOf), transforms);
    } catch (RuntimeException e) {
      lake.close();
      throw e;
    }
  }

  /** What it holds. */
  public Position tidemark() {
    return view.tidemark();
  }

  /** Commit time of the last transaction below the tidemark, microseconds since 1970 UTC. */
  public long committedAtMicros() {
    return view.committedAtMicros();
  }

  /** What it knows of its pipeline. */
  public PipelineState state() {
    return state;
  }

  /** The rows that the lake did not take, as JSON, those of a table in the order of the log. */
  public List<String> letters() {
    return LetterBox.stored(view.entries());
  }

  /** Rows of the history of a table, by its name at the source. */
  public long rows(TableName table) {
    List<TableSchema> versions = versions(table);
    return versions.isEmpty()
        ? 0
        : view.tables().getOrDefault(nameOf(versions), List.of()).stream()
            .mapToLong(file -> file.rows())
            .sum();
  }

  /** The name that a copy has for a table of the source; empty where it is left out. */
  public static Optional<TableName> copyName(
      PipelineState state, TableName table, TransformChain transforms) {
    List<TableSchema> versions = versions(state, table, transforms);
    return versions.isEmpty() ? Optional.empty() : Optional.of(nameOf(versions));
  }

  /** The tables of a copy that is no lake, as its pipeline's state tells of them. */
  public static List<CopiedTable> tables(PipelineState state, TransformChain transforms) {
    List<CopiedTable> tables = new ArrayList<>();
    for (TableName table : state.schemas().keySet()) {
      List<TableSchema> versions = versions(state, table, transforms);
      if (!versions.isEmpty()) {
        TableState where = state.tables().getOrDefault(table, TableState.waiting());
        tables.add(new CopiedTable(versions, where, List.of()));
      }
    }
    return tables;
  }

  /** Number of files that count. */
  public long files() {
    return view.tables().values().stream().mapToLong(List::size).sum();
  }

  /**
   * The tables that fit, with their files as local paths; those of a lake on S3 are fetched for it.
   */
  public List<CopiedTable> tables(Predicate<TableName> which) {
    List<CopiedTable> tables = new ArrayList<>();
    state.schemas().keySet().stream()
        .filter(which)
        .forEach(table -> copied(table).ifPresent(tables::add));
    return tables;
  }

  /** A table by its name at the source, with its files; empty where the pipeline leaves it out. */
  public Optional<CopiedTable> copied(TableName table) {
    List<TableSchema> versions = versions(table);
    if (versions.isEmpty()) {
      return Optional.empty(); // the pipeline leaves it out
    }
    TableName name = nameOf(versions);
    TableState where = state.tables().getOrDefault(table, TableState.waiting());
    return Optional.of(new CopiedTable(versions, where, view.files(name)));
  }

  /** The versions of a table's form as the copy has them; none where it is left out. */
  private List<TableSchema> versions(TableName table) {
    return versions(state, table, transforms);
  }

  private static List<TableSchema> versions(
      PipelineState state, TableName table, TransformChain transforms) {
    return state.schemas().getOrDefault(table, List.of()).stream()
        .flatMap(version -> transforms.schema(version).stream())
        .toList();
  }

  private static TableName nameOf(List<TableSchema> versions) {
    return versions.get(versions.size() - 1).name();
  }

  @Override
  public void close() {
    view.close();
    lake.close();
  }
}
