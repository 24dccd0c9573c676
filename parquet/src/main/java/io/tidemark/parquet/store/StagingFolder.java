package io.tidemark.parquet.store;

import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;

/** Files on their way to a store, named for the epoch of their writer. */
public final class StagingFolder {
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

  /** A new name for a file of a writer. */
  public static String name(long epoch) {
    return epoch + "-" + UUID.randomUUID() + ".tmp";
  }

  /** Removes the files of writers below an epoch. */
  static void clear(Path folder, long epoch) throws StoreException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.tmp")) {
      for (Path file : files) {
        if (epochOf(file.getFileName().toString()) < epoch) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw new StoreException(
          Outcome.NOT_DONE, "Cannot clean " + folder + ": " + e.getMessage() + ".", e);
    }
  }

  private static long epochOf(String name) {
    try {
      return Long.parseLong(name.substring(0, Math.max(0, name.indexOf('-'))));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
