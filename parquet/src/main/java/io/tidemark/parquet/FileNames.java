package io.tidemark.parquet;

import io.tidemark.parquet.state.DataFiles;

/** Gives each file a part that no other file of the lake has. Any thread. */
final class FileNames {
  private long number;
  private int place;

  /** Names files for a commit from here on. */
  synchronized void prepare(long commit) {
    if (commit != number) {
      number = commit;
      place = 0;
    }
  }

  /** The part of the next file. */
  synchronized String nextPart() {
    return DataFiles.part(number, place++);
  }
}
