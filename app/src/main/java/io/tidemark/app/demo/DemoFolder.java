package io.tidemark.app.demo;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.cli.FileFailure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Where a demo keeps everything: its PostgreSQL, its lake, its configuration and its log. One demo
 * at a time may use it.
 */
final class DemoFolder implements AutoCloseable {
  private final Path root;
  private final FileChannel lock;

  private DemoFolder(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /** Opens a folder, made if it is missing. */
  static DemoFolder open(Path chosen) {
    try {
      Path root = Files.createDirectories(chosen.toAbsolutePath().normalize());
      FileChannel channel =
          FileChannel.open(
              root.resolve("demo.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        throw new TidemarkException(
            ErrorCode.BUSY,
            "Cannot start the demo in "
                + root
                + ": another one is running there. Stop that one, or choose another folder with"
                + " --data.");
      }
      return new DemoFolder(root, channel);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot use folder "
              + chosen
              + ": "
              + FileFailure.reason(e)
              + ". Choose one that can be written with --data.",
          e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this process
    }
  }

  Path root() {
    return root;
  }

  Path postgres() {
    return root.resolve("postgres");
  }

  Path lake() {
    return root.resolve("lake");
  }

  Path duckdb() {
    return root.resolve("bank.duckdb");
  }

  Path s3() {
    return root.resolve("s3");
  }

  Path config() {
    return root.resolve("tidemark.yaml");
  }

  /**
   * Writes the configuration, which may hold secrets, so that only our user can read it; whole or
   * not at all, for other commands may read it just now.
   */
  void writeConfig(String text) {
    Path fresh = root.resolve("tidemark.yaml.new");
    try {
      Files.deleteIfExists(fresh);
      Files.createFile(fresh);
      if (Files.getFileStore(root).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(
            fresh, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
      }
      Files.writeString(fresh, text);
      Files.move(fresh, config(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.BUSY, "Cannot write " + config() + ": " + FileFailure.reason(e) + ".", e);
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.BUSY, "Cannot release folder " + root + ": " + FileFailure.reason(e) + ".", e);
    }
  }
}
