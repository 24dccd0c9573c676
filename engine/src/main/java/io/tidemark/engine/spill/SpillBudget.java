package io.tidemark.engine.spill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much local disk all lanes of a pipeline may take together. Any thread.
 *
 * <p>Free space is looked at before each write, so that the disk of the machine is never filled.
 */
public final class SpillBudget {
  private final Path folder;
  private final long maxBytes;
  private final long minFree;
  private long used;

  /**
   * Makes a budget.
   *
   * @param folder on whose disk the bytes lie
   * @param maxBytes how many at most
   * @param minFree how many must stay free on the disk
   */
  public SpillBudget(Path folder, long maxBytes, long minFree) {
    this.folder = folder;
    this.maxBytes = maxBytes;
    this.minFree = minFree;
  }

  synchronized boolean take(long bytes) throws IOException {
    if (used + bytes > maxBytes) {
      return false;
    }
    if (Files.getFileStore(folder).getUsableSpace() - bytes < minFree) {
      return false;
    }
    used += bytes;
    return true;
  }

  synchronized void giveBack(long bytes) {
    used -= bytes;
  }

  /** Bytes taken now. */
  public synchronized long used() {
    return used;
  }
}
