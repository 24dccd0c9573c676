package io.tidemark.postgres.stream;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A local file that holds the older part of a transaction in progress. Only the user who runs the
 * program can read it. It is a cache: not synced to disk, deleted when it is closed, and by {@link
 * #sweep} when a process died.
 */
final class SpillFile implements AutoCloseable {
  private static final String PREFIX = "in-progress-";
  private static final String SUFFIX = ".wal";

  /** The channel copies what it writes or reads outside of the heap: not all of a large piece. */
  private static final int SLICE = 1 << 20;

  private final Path path;
  private final FileChannel channel;
  private long size;

  SpillFile(Path directory, long xid) {
    try {
      makeDirectory(directory);
      this.path = directory.resolve(PREFIX + xid + SUFFIX);
      this.channel =
          FileChannel.open(
              path,
              Set.of(
                  StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
              onlyOwner(directory, "rw-------"));
    } catch (IOException e) {
      throw failed(directory, "create a file in", e);
    }
  }

  /** Makes the directory where it is missing and deletes what an earlier process left there. */
  static void sweep(Path directory) {
    try {
      makeDirectory(directory);
      try (DirectoryStream<Path> left =
          Files.newDirectoryStream(directory, PREFIX + "*" + SUFFIX)) {
        for (Path file : left) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException e) {
      throw failed(directory, "clean", e);
    }
  }

  /** Number of bytes. */
  long size() {
    return size;
  }

  /** Writes behind what is there. */
  void append(byte[] data, int offset, int length) {
    int end = offset + length;
    ByteBuffer bytes = ByteBuffer.wrap(data, offset, length);
    try {
      while (bytes.position() < end) {
        bytes.limit(Math.min(end, bytes.position() + SLICE));
        size += channel.write(bytes, size);
      }
    } catch (IOException e) {
      throw failed(path, "write", e);
    }
  }

  /** Reads bytes that are there. */
  byte[] read(long position, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    try {
      while (bytes.position() < length) {
        bytes.limit(Math.min(length, bytes.position() + SLICE));
        if (channel.read(bytes, position + bytes.position()) < 0) {
          throw new IOException("it ends before byte " + (position + length));
        }
      }
      return bytes.array();
    } catch (IOException e) {
      throw failed(path, "read", e);
    }
  }

  /** Drops everything from a position on. */
  void truncate(long position) {
    try {
      channel.truncate(position);
      size = position;
    } catch (IOException e) {
      throw failed(path, "cut", e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw failed(path, "delete", e);
    }
  }

  private static void makeDirectory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      if (directory.getParent() != null) {
        Files.createDirectories(directory.getParent());
      }
      Files.createDirectory(directory, onlyOwner(directory, "rwx------"));
    }
  }

  private static FileAttribute<?>[] onlyOwner(Path path, String permissions) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private static TidemarkException failed(Path path, String verb, IOException cause) {
    return new TidemarkException(
        ErrorCode.LOCAL_DISK,
        "Cannot "
            + verb
            + " "
            + path
            + ", where transactions in progress are kept: "
            + cause.getMessage()
            + ". Free space there or name another directory.",
        cause);
  }
}
