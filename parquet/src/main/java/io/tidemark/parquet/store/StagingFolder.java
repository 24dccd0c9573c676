package io.tidemark.parquet.store;

import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Files on their way to a store. */
final class StagingFolder {
  private StagingFolder() {}

  /** Makes a folder that only its user can read; it may exist already. */
  static Path make(Path folder) throws StoreException {
    try {
      if (!Files.isDirectory(folder)) {
        Path parent = Files.createDirectories(folder.toAbsolutePath().getParent());
        if (parent.getFileSystem().supportedFileAttributeViews().contains("posix")) {
          Files.createDirectories(
              folder,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
          Files.createDirectories(folder);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new StoreException(
          Outcome.NOT_DONE, "Cannot create " + folder + ": " + e.getMessage() + ".", e);
    }
  }

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
