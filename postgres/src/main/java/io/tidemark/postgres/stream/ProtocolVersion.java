package io.tidemark.postgres.stream;

/**
 * Versions of the logical replication protocol (manual, "Logical Replication Message Formats").
 * Version 3 will add two-phase commits, version 4 parallel streaming with the position and time of
 * an abort.
 */
enum ProtocolVersion {
  /** PostgreSQL 10: transactions come when they have committed. */
  V1("BCORYIUDTM"),
  /** PostgreSQL 14: large transactions come in blocks while they are in progress. */
  V2("BCORYIUDTMSEcA");

  private final String types;

  ProtocolVersion(String types) {
    this.types = types;
  }

  /** What START_REPLICATION calls it. */
  int number() {
    return ordinal() + 1;
  }

  /** Whether this version has messages that begin with the byte. */
  boolean knows(byte type) {
    return types.indexOf(type) >= 0;
  }
}
