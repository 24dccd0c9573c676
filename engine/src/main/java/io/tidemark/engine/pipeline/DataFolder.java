package io.tidemark.engine.pipeline;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A pipeline's folder of local files, claimed by one process at a time: another one would wipe the
 * spilled batches of the first.
 */
final class DataFolder implements AutoCloseable {
  private final FileChannel channel;

  private DataFolder(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Makes the folder where it is missing, and claims it until close or the end of the process.
   *
   * @throws TidemarkException BUSY when another pipeline has it
   */
  static DataFolder claim(Path folder) {
    FileChannel channel = null;
    try {
      Files.createDirectories(folder);
      channel =
          FileChannel.open(
              folder.resolve("pipeline.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new DataFolder(channel);
      }
      channel.close();
    } catch (OverlappingFileLockException e) {
      closeQuietly(channel);
    } catch (IOException e) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot use data folder "
              + folder
              + ": "
              + e
              + ". Make it writable, or choose another with data-dir.",
          e);
    }
    throw new TidemarkException(
        ErrorCode.BUSY,
        "Cannot use data folder "
            + folder
            + ": another pipeline runs with it. Stop that one, or choose another with data-dir.");
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Gives the folder free. */
  @Override
  public void close() {
    closeQuietly(channel);
  }
}
