package io.tidemark.parquet.store;

import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files on their way to a store. */
final class StagingFolder {
  private StagingFolder() {}

  /** Removes all files of a process that is gone. */
  static void clear(Path folder) throws StoreException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.tmp")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new StoreException(
          Outcome.NOT_DONE, "Cannot clean " + folder + ": " + e.getMessage() + ".", e);
    }
  }
}
