package io.tidemark.parquet;

import io.tidemark.parquet.store.Exclusion;
import io.tidemark.parquet.store.FolderStore;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.S3Store;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Opens the store that a configuration names. */
final class LakeStores {
  private LakeStores() {}

  static ObjectStore open(ParquetConfig config) {
    return config.path().startsWith("s3://")
        ? new S3Store(config.s3(), exclusion(config), staging(config))
        : new FolderStore(Path.of(config.path()), exclusion(config));
  }

  static Exclusion exclusion(ParquetConfig config) {
    return config.singleWriter() ? Exclusion.USER : Exclusion.STORE;
  }

  /** The same folder for the same lake and user, so that what a dead process left is found. */
  private static Path staging(ParquetConfig config) {
    Path parent =
        config
            .staging()
            .orElseGet(
                () ->
                    Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "tidemark-" + System.getProperty("user.name")));
    return parent.resolve("staging-" + nameOf(config.path()));
  }

  /** A short name for a place. */
  static String nameOf(String place) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(place.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
