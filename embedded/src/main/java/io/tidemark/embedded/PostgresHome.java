package io.tidemark.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of one server: its cluster in {@code data}, its password, its log, and a lock that
 * tells whose it is. The lock is held for as long as this object is open, so a server found without
 * a holder was left behind by a process that died.
 *
 * <p>Locks of POSIX belong to a process and go with the first channel that it closes on the file,
 * so a process must not even look at a lock of its own. A second file tells whose the lock is.
 */
final class PostgresHome implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresHome.class);
  private static final String TEMPORARY = "tidemark-postgres-";
  private static final String LOCK = "owner.lock";
  private static final String OWNER = "owner.pid";

  private final Path folder;
  private final FileLock lock;
  private final boolean temporary;

  private PostgresHome(Path folder, FileLock lock, boolean temporary) {
    this.folder = folder;
    this.lock = lock;
    this.temporary = temporary;
  }

  /** A folder that goes when it is closed. Those of processes that died go first. */
  static PostgresHome temporary(Account account) {
    try {
      sweep();
      while (true) {
        Path folder = Files.createTempDirectory(Folders.temporary(), TEMPORARY);
        Optional<FileLock> lock = tryLock(folder);
        if (lock.isPresent()) {
          return new PostgresHome(own(folder, account), lock.get(), true);
        }
      }
    } catch (IOException e) {
      throw failed(Folders.temporary(), e);
    }
  }

  /**
   * A folder that stays.
   *
   * @param chosen where the user wants it; where the server's account cannot reach that, a folder
   *     below the temporary one is taken instead, always the same for the same choice
   */
  static PostgresHome at(Path chosen, Account account) {
    try {
      Path folder = Files.createDirectories(chosen.toAbsolutePath());
      own(folder, account);
      if (!account.reaches(folder)) {
        folder = detour(folder, account);
      }
      Optional<FileLock> lock = tryLock(folder);
      if (lock.isEmpty()) {
        throw new EmbeddedServerException(
            "Cannot use the PostgreSQL in "
                + folder
                + ": another process is using it. Stop that one, or choose another folder.");
      }
      return new PostgresHome(folder, lock.get(), false);
    } catch (IOException e) {
      throw failed(chosen, e);
    }
  }

  private static Path detour(Path chosen, Account account) throws IOException {
    String name = TEMPORARY + "of-" + Integer.toHexString(chosen.toString().hashCode());
    Path folder = Files.createDirectories(Folders.temporary().resolve(name));
    own(folder, account);
    LOG.warn(
        "The account of the server cannot reach {}, so PostgreSQL keeps its files in {}.",
        chosen,
        folder);
    if (!account.reaches(folder)) {
      throw new EmbeddedServerException(
          "Cannot keep PostgreSQL's files in "
              + chosen
              + " or "
              + folder
              + ": the account of the server can reach neither. Choose a folder whose parents all"
              + " users may enter.");
    }
    return folder;
  }

  Path folder() {
    return folder;
  }

  Path data() {
    return folder.resolve("data");
  }

  Path log() {
    return folder.resolve("postgres.log");
  }

  /** The superuser's password, made when first asked for; only our user may read it. */
  String password() {
    Path file = folder.resolve("password");
    try {
      if (!Files.exists(file)) {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        Files.createFile(file);
        Folders.permit(file, "rw-------");
        Files.writeString(file, HexFormat.of().formatHex(random));
        own(file, Files.getOwner(folder));
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /** Gives another home the same cluster and password. */
  void copyTo(PostgresHome other) {
    try {
      UserPrincipal owner = Files.getOwner(other.folder);
      for (String part : List.of("data", "password")) {
        Folders.copy(folder.resolve(part), other.folder.resolve(part));
        Folders.give(other.folder.resolve(part), owner);
      }
      Folders.permit(other.data(), "rwx------");
      Folders.permit(other.passwordFile(), "rw-------");
    } catch (IOException e) {
      throw failed(other.folder, e);
    }
  }

  Path passwordFile() {
    return folder.resolve("password");
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(folder.resolve(OWNER));
      lock.channel().close();
      if (temporary) {
        Folders.delete(folder);
      }
    } catch (IOException e) {
      LOG.warn("Cannot clean up {}: {}", folder, e.getMessage());
    }
  }

  /** Ends servers, and deletes folders, of temporary homes whose holder is gone. */
  private static void sweep() throws IOException {
    List<Path> homes;
    try (Stream<Path> found = Files.list(Folders.temporary())) {
      homes =
          found
              .filter(path -> path.getFileName().toString().startsWith(TEMPORARY))
              .filter(path -> !path.getFileName().toString().startsWith(TEMPORARY + "of-"))
              .filter(path -> Files.isWritable(path.resolve(LOCK)))
              .toList();
    }
    for (Path folder : homes) {
      Optional<FileLock> lock = tryLock(folder);
      if (lock.isPresent()) {
        try (PostgresHome home = new PostgresHome(folder, lock.get(), true)) {
          Postmaster.find(home.data()).ifPresent(Postmaster::kill);
        }
      }
    }
  }

  /** Takes the folder, unless somebody has it. */
  private static Optional<FileLock> tryLock(Path folder) throws IOException {
    Path owner = folder.resolve(OWNER);
    if (Files.exists(owner) && Files.readString(owner).equals(self())) {
      return Optional.empty();
    }
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      LOG.debug("{} is being taken by another thread", folder);
    }
    if (lock == null) {
      channel.close();
    } else {
      Files.writeString(owner, self());
    }
    return Optional.ofNullable(lock);
  }

  /** This process and no other, even where its id is used again after a restart. */
  private static String self() {
    ProcessHandle process = ProcessHandle.current();
    return process.pid()
        + " "
        + process.info().startInstant().map(java.time.Instant::toEpochMilli).orElse(0L);
  }

  /** Makes the account the owner of everything in the folder that another one may have left. */
  private static Path own(Path folder, Account account) throws IOException {
    if (!account.isSelf()) {
      UserPrincipal owner =
          folder
              .getFileSystem()
              .getUserPrincipalLookupService()
              .lookupPrincipalByName(account.user().orElse(System.getProperty("user.name")));
      own(folder, owner);
      if (Files.exists(folder.resolve("data"))) {
        own(folder.resolve("data"), owner);
      }
    }
    Folders.permit(folder, "rwx------");
    return folder;
  }

  private static void own(Path tree, UserPrincipal owner) throws IOException {
    if (!Files.getOwner(tree).equals(owner)) {
      Folders.give(tree, owner);
    }
  }

  private static EmbeddedServerException failed(Path folder, IOException e) {
    return new EmbeddedServerException(
        "Cannot prepare "
            + folder
            + " for PostgreSQL: "
            + e.getMessage()
            + ". Choose a folder that can be written.",
        e);
  }
}
