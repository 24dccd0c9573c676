package io.tidemark.parquet;

import io.tidemark.api.copy.CopiedTable.DataFile;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.parquet.state.LakeState;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A lake at one tidemark. What it says never changes; the files of an S3 lake stay in the local
 * cache until it is closed.
 */
public final class LakeView implements AutoCloseable {
  private final LakeState state;
  private final ObjectStore store;
  private final FileCache cache;
  private final SortedMap<TableName, List<LakeFile>> tables = new TreeMap<>();
  private final Set<String> pinned = new HashSet<>();

  LakeView(LakeState state, ObjectStore store, FileCache cache) {
    this.state = state;
    this.store = store;
    this.cache = cache;
    for (LakeFile file : state.files()) {
      tables.computeIfAbsent(file.tableName(), name -> new ArrayList<>()).add(file);
    }
  }

  /** Position of the last commit; {@link Position#NONE} before the first. */
  public Position tidemark() {
    return state.tidemark();
  }

  /** Commit time of the last transaction below the tidemark, microseconds since 1970 UTC. */
  public long committedAtMicros() {
    return state.committedAt();
  }

  /** Number of the state object that is looked at. */
  public long number() {
    return state.number();
  }

  /** The pipeline's state at the tidemark, as the engine wrote it. */
  public SortedMap<String, String> entries() {
    return state.entries();
  }

  /** The tables that have files, with the files that count, oldest first. */
  public SortedMap<TableName, List<LakeFile>> tables() {
    return tables;
  }

  /** Whether a file counts, or counted at a tidemark that is still kept. */
  public boolean knows(String path) {
    return state.knows(path);
  }

  /**
   * The files of a table that count, as local files that can be read now; those of an S3 lake are
   * fetched first where the cache lacks them. Empty for a table without rows.
   *
   * @throws TidemarkException where a file was removed since, by joining files or by erasure: then
   *     another view must be taken
   */
  public synchronized List<DataFile> files(TableName table) {
    List<LakeFile> files = tables.getOrDefault(table, List.of());
    Map<String, Path> paths = new TreeMap<>();
    List<LakeFile> remote = new ArrayList<>();
    for (LakeFile file : files) {
      Optional<Path> local = store.local(file.path());
      if (local.isEmpty()) {
        remote.add(file);
      } else if (Files.exists(local.get())) {
        paths.put(file.path(), local.get().toAbsolutePath());
      } else {
        throw gone(file.path());
      }
    }
    paths.putAll(fetch(remote));
    return files.stream()
        .map(
            file ->
                new DataFile(
                    paths.get(file.path()).toString(),
                    file.rows(),
                    file.schemaVersion(),
                    file.extras(),
                    file.unchanged()))
        .toList();
  }

  private Map<String, Path> fetch(List<LakeFile> files) {
    if (files.isEmpty()) {
      return Map.of();
    }
    try {
      Map<String, Path> paths = cache.pin(files);
      files.forEach(file -> pinned.add(file.path()));
      return paths;
    } catch (FileCache.Missing e) {
      throw gone(e.getMessage());
    } catch (StoreException e) {
      throw new TidemarkException(ErrorCode.DESTINATION, e.getMessage(), e);
    }
  }

  private TidemarkException gone(String path) {
    return new TidemarkException(
        ErrorCode.QUERY,
        "Cannot read "
            + path
            + " of "
            + store.name()
            + ": it was replaced since this tidemark was looked up. Ask again.");
  }

  /** Lets the cache drop the files. */
  @Override
  public synchronized void close() {
    cache.unpin(pinned);
    pinned.clear();
  }
}
