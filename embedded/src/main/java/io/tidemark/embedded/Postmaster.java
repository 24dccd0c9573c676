package io.tidemark.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A running server as its {@code postmaster.pid} tells it.
 *
 * @param process the first process of the server, parent of all others
 * @param data the cluster's folder
 */
record Postmaster(ProcessHandle process, Path data) {
  private static final long DEADLINE_SECONDS = 30;

  /** The server that runs on a cluster, whoever started it. */
  static Optional<Postmaster> find(Path data) {
    try {
      List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
      return lines.isEmpty()
          ? Optional.empty()
          : ProcessHandle.of(Math.abs(Long.parseLong(lines.get(0).strip())))
              .filter(Postmaster::isPostgres)
              .map(process -> new Postmaster(process, data));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | NumberFormatException e) {
      throw new EmbeddedServerException(
          "Cannot read postmaster.pid in "
              + data
              + ": "
              + e.getMessage()
              + ". Look whether a PostgreSQL runs there, and delete the file if not.",
          e);
    }
  }

  /**
   * Process ids are used again, so the program's name is looked at; a process that is dead and only
   * waits for its parent has none.
   */
  private static boolean isPostgres(ProcessHandle process) {
    return process.isAlive()
        && process.info().command().filter(command -> command.contains("postgres")).isPresent();
  }

  /** Ends every process of the server at once, as a crash would. */
  void kill() {
    List<ProcessHandle> all = process.descendants().toList();
    process.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    awaitEnd(process);
    all.forEach(Postmaster::awaitEnd);
    forget(data);
  }

  /** Removes the pid file of a server that is gone. */
  static void forget(Path data) {
    try {
      Files.deleteIfExists(data.resolve("postmaster.pid"));
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "Cannot delete postmaster.pid in " + data + ": " + e.getMessage() + ".", e);
    }
  }

  private static void awaitEnd(ProcessHandle process) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (isPostgres(process)) {
      if (System.nanoTime() > deadline) {
        throw new EmbeddedServerException(
            "Cannot end process "
                + process.pid()
                + " of PostgreSQL: it is still there after 30 s.");
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
