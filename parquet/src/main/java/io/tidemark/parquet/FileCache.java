package io.tidemark.parquet;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.parquet.state.LakeFile;
import io.tidemark.parquet.store.ObjectStore;
import io.tidemark.parquet.store.StoreException;
import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Copies of a store's data files on the local disk, least recently used first to go. Data files
 * never change, so a copy is good for ever. One process keeps the folder between its runs; a second
 * one at the same time works in a folder of its own, which it removes at its end.
 */
final class FileCache implements AutoCloseable {
  private static final int PARALLEL = 8;

  private final ObjectStore store;
  private final Path wanted;
  private final long maxBytes;
  private final Map<String, Integer> pins = new HashMap<>();
  private Path folder;
  private FileChannel lockFile;
  private boolean shared;

  FileCache(ObjectStore store, Path folder, long maxBytes) {
    this.store = store;
    this.wanted = folder;
    this.maxBytes = maxBytes;
  }

  /** A file is not in the store any more; the message is its key. */
  static final class Missing extends Exception {
    private static final long serialVersionUID = 1L;

    Missing(String key) {
      super(key);
    }
  }

  /** Local copies of files, which stay until they are unpinned; by key. */
  synchronized Map<String, Path> pin(List<LakeFile> files) throws StoreException, Missing {
    try {
      openFolder();
      Set<String> keys = new HashSet<>();
      files.forEach(file -> keys.add(file.path()));
      makeRoom(files, keys);
      fetchAll(files);
    } catch (IOException e) {
      if (e instanceof StoreException failed) {
        throw failed;
      }
      throw new StoreException(
          Outcome.NOT_DONE, "Cannot use the cache " + folder + ": " + e.getMessage() + ".", e);
    }
    Map<String, Path> paths = new TreeMap<>();
    for (LakeFile file : files) {
      pins.merge(file.path(), 1, Integer::sum);
      paths.put(file.path(), path(file.path()));
    }
    return paths;
  }

  synchronized void unpin(Collection<String> keys) {
    for (String key : keys) {
      pins.computeIfPresent(key, (pinned, count) -> count == 1 ? null : count - 1);
    }
  }

  private void openFolder() throws IOException {
    if (folder != null) {
      return;
    }
    Files.createDirectories(wanted);
    lockFile =
        FileChannel.open(
            wanted.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (tryLock(lockFile)) {
      shared = true;
      folder = Files.createDirectories(wanted.resolve("files"));
    } else {
      folder = Files.createTempDirectory("tidemark-cache");
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another reader in this process
    }
  }

  /** Drops the copies used longest ago until the missing ones fit. */
  private void makeRoom(List<LakeFile> files, Set<String> keys) throws IOException {
    record Copy(Path path, long bytes, FileTime used) {}
    List<Copy> droppable = new ArrayList<>();
    Set<Path> kept = new HashSet<>();
    keys.forEach(key -> kept.add(path(key)));
    pins.keySet().forEach(key -> kept.add(path(key)));
    long bytes = 0;
    for (Path path : copies()) {
      long length = Files.size(path);
      bytes += length;
      if (!kept.contains(path)) {
        droppable.add(new Copy(path, length, Files.getLastModifiedTime(path)));
      }
    }
    for (LakeFile file : files) {
      bytes += Files.exists(path(file.path())) ? 0 : file.bytes();
    }
    droppable.sort(Comparator.comparing(Copy::used));
    for (Copy copy : droppable) {
      if (bytes <= maxBytes) {
        return;
      }
      Files.delete(copy.path());
      bytes -= copy.bytes();
    }
    if (bytes > maxBytes) {
      throw new TidemarkException(
          ErrorCode.LIMIT_EXCEEDED,
          "Cannot read "
              + store.name()
              + ": the files that are needed at the same time take "
              + bytes
              + " bytes, the local cache may hold "
              + maxBytes
              + ". Allow a larger cache, or ask about fewer tables.");
    }
  }

  private void fetchAll(List<LakeFile> files) throws IOException, Missing {
    ExecutorService threads = Executors.newFixedThreadPool(PARALLEL);
    try {
      List<Future<?>> fetches = new ArrayList<>();
      for (LakeFile file : files) {
        fetches.add(
            threads.submit(
                () -> {
                  fetch(file);
                  return null;
                }));
      }
      for (Future<?> fetch : fetches) {
        fetch.get();
      }
    } catch (ExecutionException e) {
      rethrow(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void rethrow(Throwable cause) throws IOException, Missing {
    if (cause instanceof IOException failed) {
      throw failed;
    } else if (cause instanceof Missing missing) {
      throw missing;
    }
    throw new IllegalStateException(cause);
  }

  private void fetch(LakeFile file) throws IOException, Missing {
    Path target = path(file.path());
    if (Files.exists(target)) {
      Files.setLastModifiedTime(target, FileTime.fromMillis(System.currentTimeMillis()));
      return;
    }
    Files.createDirectories(target.getParent());
    Path temporary = folder.resolve(UUID.randomUUID() + ".tmp");
    try {
      if (!store.fetch(file.path(), temporary)) {
        throw new Missing(file.path());
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private Path path(String key) {
    return folder.resolve(key);
  }

  private List<Path> copies() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.filter(Files::isRegularFile).toList();
    }
  }

  @Override
  public synchronized void close() {
    if (folder == null) {
      return;
    }
    try {
      lockFile.close();
      if (!shared) {
        try (Stream<Path> paths = Files.walk(folder)) {
          for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(path);
          }
        }
      }
      folder = null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
