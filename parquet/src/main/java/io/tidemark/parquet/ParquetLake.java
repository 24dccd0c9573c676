package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.parquet.state.AsOf;
import io.tidemark.parquet.state.LakeState;
import io.tidemark.parquet.state.StateReader;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import java.nio.file.Path;

/**
 * A lake as readers see it: the state of one tidemark and the files that count there, as local
 * paths. Needs no right to write, and works while a writer writes and cleans up. Any thread.
 */
public final class ParquetLake implements AutoCloseable {
  private final ObjectStore store;
  private final FileCache cache;

  private ParquetLake(ObjectStore store, FileCache cache) {
    this.store = store;
    this.cache = cache;
  }

  /**
   * Opens a lake for reading.
   *
   * @param cacheFolder where files of an S3 lake are kept between queries; not used for a folder
   * @param cacheBytes the most that is kept there
   */
  public static ParquetLake open(ParquetConfig config, Path cacheFolder, long cacheBytes) {
    ObjectStore store = LakeStores.open(config);
    return new ParquetLake(
        store,
        new FileCache(store, cacheFolder.resolve(LakeStores.nameOf(config.path())), cacheBytes));
  }

  /** What messages call the lake. */
  public String name() {
    return store.name();
  }

  /**
   * The lake at one tidemark.
   *
   * @throws TidemarkException where there is no lake, or the tidemark is no longer kept
   */
  public LakeView at(AsOf asOf) {
    try {
      LakeState state = new StateReader(store).load(asOf).orElseThrow(this::noLake);
      return new LakeView(state, store, cache);
    } catch (StoreException e) {
      throw new TidemarkException(ErrorCode.DESTINATION, e.getMessage(), e);
    }
  }

  private TidemarkException noLake() {
    return new TidemarkException(
        ErrorCode.QUERY,
        "Cannot read a lake at "
            + store.name()
            + ": there is none. Look at the path, or let a pipeline write there first.");
  }

  @Override
  public void close() {
    cache.close();
    store.close();
  }
}
