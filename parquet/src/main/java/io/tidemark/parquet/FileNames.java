package io.tidemark.parquet;

import io.tidemark.parquet.state.DataFiles;
import io.tidemark.parquet.store.StagingFolder;

/** Gives each file a part that no other file of the lake has. Any thread. */
final class FileNames {
  private long epoch;
  private long number;
  private int place;

  /** Names local files for a writer from here on. */
  synchronized void begin(long writer) {
    epoch = writer;
  }

  /** The name of the next local file; it says whose it is. */
  synchronized String nextStaged() {
    return StagingFolder.name(epoch);
  }

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
