package io.tidemark.postgres.stream;

/**
 * A stretch of the log of one transaction in progress, in memory: messages as they came, or rows
 * that were decoded. Each message and each row is one record, of the subtransaction that wrote it.
 */
sealed interface Stretch permits RawRecords, DecodedRows {
  /** Bytes of memory, roughly. */
  long memory();

  /** Number of records. */
  int records();

  /** How many row changes the records are. */
  long changes();

  /** The newest subtransaction that has a record here; means nothing where there is none. */
  int newest();

  /** Drops the first record of a subtransaction or a newer one, and all behind it. */
  void cut(int subxid);

  /** Writes the records behind what a file holds. */
  Stored store(SpillFile file);

  /** A stretch on disk. */
  interface Stored {
    /** Reads it back. */
    Stretch load();
  }
}
