package io.tidemark.parquet;

import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.FolderStore;
import io.tidemark.parquet.store.ObjectStore;
import java.nio.file.Path;

/** Opens the store that a configuration names. */
final class LakeStores {
  private LakeStores() {}

  static ObjectStore open(ParquetConfig config) {
    return new FolderStore(Path.of(config.path()), exclusion(config));
  }

  static Exclusion exclusion(ParquetConfig config) {
    return config.singleWriter() ? Exclusion.USER : Exclusion.STORE;
  }
}
