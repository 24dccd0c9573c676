package io.tidemark.kafka.sink;

import io.tidemark.api.model.TableName;

/**
 * A record on its way to a topic of a table.
 *
 * @param table whose change it is
 * @param route which partition it goes to
 * @param part whether it is of a copy or of the stream
 * @param commitLsn of the change
 * @param ordinal of the change in its transaction
 * @param key null where the table has none
 * @param value null for a tombstone
 * @param headers values of the two headers of a change of the key
 */
record Event(
    TableName table,
    Route route,
    Part part,
    long commitLsn,
    long ordinal,
    byte[] key,
    byte[] value,
    KeyChange headers) {

  /** Which partition of its topic a record goes to. */
  enum Route {
    /** By the hash of its key, as every client of Kafka's does it. */
    KEY,
    /** To the first one: rows without a key keep their order only so. */
    FIRST,
    /** To each one: everything before it is void. */
    EVERY
  }

  /** What a record belongs to. */
  enum Part {
    /** The beginning of a copy attempt of the whole table. */
    ATTEMPT,
    /** Rows that a snapshot read. */
    COPY,
    /** A change of the stream. */
    STREAM
  }

  /**
   * The headers that Debezium gives the two halves of a change of the key.
   *
   * @param name of the header; null where there is none
   * @param value the other key
   */
  record KeyChange(String name, byte[] value) {
    static final KeyChange NONE = new KeyChange(null, null);
    static final String NEW = "__debezium.newkey";
    static final String OLD = "__debezium.oldkey";
  }

  /** The same with a key. */
  Event withKey(byte[] other) {
    return new Event(table, route, part, commitLsn, ordinal, other, value, headers);
  }

  /** Where in a change's place in the order of all changes it stands, against another. */
  int compareTo(Event other) {
    int byLsn = Long.compareUnsigned(commitLsn, other.commitLsn);
    return byLsn != 0 ? byLsn : Long.compare(ordinal, other.ordinal);
  }

  /** Bytes of memory, roughly. */
  long bytes() {
    return 96L
        + (key == null ? 0 : key.length)
        + (value == null ? 0 : value.length)
        + (headers.value() == null ? 0 : headers.value().length);
  }
}
