package io.tidemark.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * PostgreSQL's programs, unpacked once per version and machine into a cache folder. Several
 * processes may unpack at the same time: each works in a folder of its own, and the first to rename
 * it wins.
 */
final class PostgresBinaries {
  private PostgresBinaries() {}

  /**
   * The folder that holds {@code bin}, {@code lib} and {@code share} of a version.
   *
   * @param cache where to keep it
   */
  static Path unpacked(Version version, Path cache) {
    URL archive = archive(version);
    try {
      Path home = cache.resolve("postgres-" + version.major() + "-" + digest(archive));
      if (!Files.isDirectory(home)) {
        unpack(archive, cache, home);
      }
      return home;
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "Cannot unpack PostgreSQL "
              + version.major()
              + " into "
              + cache
              + ": "
              + e.getMessage()
              + ". Set TIDEMARK_CACHE to a folder that can be written.",
          e);
    }
  }

  static boolean isThere(Version version) {
    return PostgresBinaries.class.getClassLoader().getResource(name(version)) != null;
  }

  private static String name(Version version) {
    return version.folder() + "postgres-" + platform() + ".txz";
  }

  private static URL archive(Version version) {
    String name = name(version);
    URL found = PostgresBinaries.class.getClassLoader().getResource(name);
    if (found == null) {
      throw new EmbeddedServerException(
          "Cannot start PostgreSQL "
              + version.major()
              + ": "
              + name
              + " is not on the class path. Build for this platform, or use a PostgreSQL of your"
              + " own.");
    }
    return found;
  }

  /** The platform as the archives' names have it. */
  private static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String system =
        os.startsWith("mac") ? "darwin" : os.startsWith("windows") ? "windows" : "linux";
    boolean arm = arch.equals("aarch64") || arch.equals("arm64");
    return system + (arm ? "-arm_64" : "-x86_64");
  }

  /** Names the content, so that another build of the same version never meets an old folder. */
  private static String digest(URL archive) throws IOException {
    try (InputStream in =
        new DigestInputStream(archive.openStream(), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      byte[] digest = ((DigestInputStream) in).getMessageDigest().digest();
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Cannot hash: every JVM has SHA-256.", e);
    }
  }

  private static void unpack(URL archive, Path cache, Path home) throws IOException {
    Files.createDirectories(cache);
    Path work = Files.createDirectory(cache.resolve(".unpacking-" + UUID.randomUUID()));
    try (InputStream in = new BufferedInputStream(archive.openStream(), 1 << 16);
        TarArchiveInputStream tar = new TarArchiveInputStream(new XZCompressorInputStream(in))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        extract(entry, tar, work);
      }
      Files.move(work, home);
    } catch (FileAlreadyExistsException e) {
      Folders.delete(work);
    } catch (FileSystemException e) {
      Folders.delete(work);
      if (!Files.isDirectory(home)) {
        throw e;
      }
    }
  }

  private static void extract(TarArchiveEntry entry, InputStream content, Path work)
      throws IOException {
    Path target = work.resolve(entry.getName()).normalize();
    if (!target.startsWith(work)) {
      throw new IOException("entry " + entry.getName() + " points out of the archive");
    }
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.getParent());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else {
      Files.copy(content, target);
      if (Folders.isPosix(target)) {
        boolean program = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(
            target, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
      }
    }
  }
}
