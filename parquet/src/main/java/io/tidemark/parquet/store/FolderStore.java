package io.tidemark.parquet.store;

import io.tidemark.parquet.store.StoreException.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * A folder of a local or mounted file system. An object appears by a hard link to a file that is
 * whole and forced to the disk, so it is there entirely or not at all, and the link fails where the
 * name is taken.
 */
public final class FolderStore implements ObjectStore {
  private static final String OWN = "_tidemark";
  private static final String STAGING = OWN + "/staging";

  private final Path root;
  private final Exclusion exclusion;
  private final Set<Path> unsynced = ConcurrentHashMap.newKeySet();
  private final Force folders;

  /** Makes the names in a folder durable. */
  interface Force {
    void folder(Path folder) throws IOException;
  }

  /** A store in a folder, which need not exist yet. */
  public FolderStore(Path root, Exclusion exclusion) {
    this(root, exclusion, FolderStore::syncFolder);
  }

  FolderStore(Path root, Exclusion exclusion, Force folders) {
    this.root = root.toAbsolutePath().normalize();
    this.exclusion = exclusion;
    this.folders = folders;
  }

  @Override
  public String name() {
    return root.toString();
  }

  @Override
  public boolean create(String key, byte[] content) throws StoreException {
    Path target = path(key);
    Path temporary = staging().resolve(StagingFolder.name(0));
    boolean linked = false;
    try {
      sync();
      makeFolders(target.getParent());
      write(temporary, content);
      place(temporary, target);
      linked = true;
      syncFolder(target.getParent());
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      throw new StoreException(
          linked ? Outcome.UNKNOWN : Outcome.NOT_DONE,
          "Cannot create " + target + ": " + reason(e) + ".",
          e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  private static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(content);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    }
  }

  @Override
  public Optional<byte[]> read(String key) throws StoreException {
    try {
      return Optional.of(Files.readAllBytes(path(key)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failed("read", path(key), e);
    }
  }

  @Override
  public void publish(Path file, String key) throws StoreException {
    Path target = path(key);
    try {
      force(file);
      makeFolders(target.getParent());
      if (!(Files.exists(target) && Files.isSameFile(target, file))) {
        place(file, target);
      }
      unsynced.add(target.getParent());
      Files.deleteIfExists(file);
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      throw failed("publish", target, e);
    }
  }

  @Override
  public void copy(String from, String to) throws StoreException {
    Path target = path(to);
    Path temporary = staging().resolve(StagingFolder.name(0));
    try {
      makeFolders(target.getParent());
      if (Files.exists(target)) {
        unsynced.add(target.getParent());
        return;
      }
      if (exclusion == Exclusion.STORE) {
        link(path(from), target);
      } else {
        Files.copy(path(from), temporary);
        force(temporary);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      }
      unsynced.add(target.getParent());
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      throw failed("copy", target, e);
    } finally {
      deleteQuietly(temporary);
    }
  }

  private void place(Path file, Path target) throws IOException {
    if (exclusion == Exclusion.STORE) {
      link(file, target);
    } else if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString());
    } else {
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private static void link(Path file, Path target) throws IOException {
    try {
      Files.createLink(target, file);
    } catch (UnsupportedOperationException e) {
      throw noLinks(target, e);
    } catch (FileSystemException e) {
      String reason = String.valueOf(e.getReason());
      if (reason.contains("not permitted") || reason.contains("not supported")) {
        throw noLinks(target, e);
      }
      throw e;
    }
  }

  private static StoreException noLinks(Path target, Exception cause) {
    return new StoreException(
        Outcome.UNSUPPORTED,
        "Cannot create " + target + ": the file system has no hard links.",
        cause);
  }

  private static void force(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** One thread at a time: nobody may find that a folder is done while another still forces it. */
  @Override
  public synchronized void sync() throws StoreException {
    for (Path folder : unsynced) {
      unsynced.remove(folder); // before: a name that comes meanwhile puts it in again
      try {
        folders.folder(folder);
      } catch (IOException e) {
        unsynced.add(folder);
        throw failed("force to the disk", folder, e);
      }
    }
  }

  /** A name is durable when the folder that holds it is. */
  private static void syncFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void makeFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.getParent();
    if (parent != null) {
      makeFolders(parent);
    }
    try {
      Files.createDirectory(folder);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
    if (parent != null) {
      syncFolder(parent);
    }
  }

  @Override
  public List<StoredObject> list(String prefix, String after) throws StoreException {
    Path start = path(prefix.substring(0, prefix.lastIndexOf('/') + 1));
    List<StoredObject> found = new ArrayList<>();
    if (!Files.isDirectory(start)) {
      return found;
    }
    try {
      collect(start, prefix, after, found);
    } catch (IOException | DirectoryIteratorException e) {
      throw failed("list", start, e);
    }
    found.sort(Comparator.comparing(StoredObject::key));
    return found;
  }

  /** Looks at as few files as it can: the state's folder is listed by each commit. */
  private void collect(Path folder, String prefix, String after, List<StoredObject> found)
      throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String key = key(entry);
        boolean wanted = key.startsWith(prefix) && key.compareTo(after) > 0;
        boolean mayHold = prefix.startsWith(key + "/") || key.startsWith(prefix);
        if (!wanted && !mayHold || !wanted && key.endsWith(".json")) {
          continue;
        }
        Optional<BasicFileAttributes> attributes = attributes(entry);
        if (attributes.isEmpty()) {
          continue; // removed while we looked; the others must be listed all the same
        }
        if (attributes.get().isDirectory() && !key.equals(STAGING)) {
          collect(entry, prefix, after, found);
        } else if (attributes.get().isRegularFile() && wanted) {
          found.add(new StoredObject(key, attributes.get().size()));
        }
      }
    } catch (NoSuchFileException e) {
      // the folder itself was removed while we looked
    }
  }

  private static Optional<BasicFileAttributes> attributes(Path entry) throws IOException {
    try {
      return Optional.of(Files.readAttributes(entry, BasicFileAttributes.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  @Override
  public void delete(Collection<String> keys) throws StoreException {
    for (String key : keys) {
      try {
        Files.deleteIfExists(path(key));
      } catch (IOException e) {
        throw failed("delete", path(key), e);
      }
    }
  }

  @Override
  public Path staging() throws StoreException {
    Path folder = root.resolve(STAGING);
    try {
      makeFolders(folder);
    } catch (IOException e) {
      throw failed("create", folder, e);
    }
    return folder;
  }

  @Override
  public void sweep(long epoch, Predicate<String> ours) throws StoreException {
    StagingFolder.clear(staging(), epoch);
  }

  @Override
  public Optional<Path> local(String key) {
    return Optional.of(path(key));
  }

  @Override
  public boolean fetch(String key, Path target) throws StoreException {
    try {
      Files.copy(path(key), target);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw failed("copy", path(key), e);
    }
  }

  @Override
  public void close() {}

  private Path path(String key) {
    Path path = root.resolve(key).normalize();
    if (!path.startsWith(root)) {
      throw new IllegalArgumentException("Cannot use key " + key + ": it leaves the root.");
    }
    return path;
  }

  private String key(Path file) {
    StringBuilder key = new StringBuilder();
    for (Path part : root.relativize(file)) {
      key.append(key.isEmpty() ? "" : "/").append(part);
    }
    return key.toString();
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The next sweep takes it.
    }
  }

  private static StoreException failed(String verb, Path what, Exception e) {
    return new StoreException(
        Outcome.NOT_DONE, "Cannot " + verb + " " + what + ": " + reason(e) + ".", e);
  }

  private static String reason(Exception e) {
    return e.getClass().getSimpleName().replace("Exception", "")
        + (e.getMessage() == null ? "" : " " + e.getMessage());
  }
}
