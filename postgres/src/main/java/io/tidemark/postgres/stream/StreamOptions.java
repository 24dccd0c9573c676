package io.tidemark.postgres.stream;

import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.Sql;
import java.util.List;

/**
 * What is asked of the server when streaming starts.
 *
 * @param slot name of the logical replication slot; its plugin is pgoutput
 * @param publications names of the publications, one or more
 * @param start where to start; explicit, for a start at 0/0 lets the server choose. The server
 *     silently moves a start below the slot's confirmed position up to that
 * @param binary whether values come in binary form where their type has one
 * @param streaming whether large transactions come while they are in progress; else the server
 *     keeps each until it commits
 * @param messagePrefix logical messages with a prefix that begins so are given to the listener; all
 *     others are passed over
 * @param recentXid any full (64-bit) transaction id that the server gave out lately, for instance
 *     {@code pg_snapshot_xmax(pg_current_snapshot())}: what 32-bit ids are widened with
 */
public record StreamOptions(
    String slot,
    List<String> publications,
    Lsn start,
    boolean binary,
    boolean streaming,
    String messagePrefix,
    long recentXid) {
  public StreamOptions {
    publications = List.copyOf(publications);
    if (slot.isEmpty() || publications.isEmpty()) {
      throw new IllegalArgumentException(
          "Cannot start streaming: a slot and at least one publication are needed, got slot '"
              + slot
              + "' and publications "
              + publications
              + ".");
    }
  }

  /** The replication command (manual, "Streaming Replication Protocol", START_REPLICATION). */
  String command() {
    StringBuilder names = new StringBuilder();
    for (String publication : publications) {
      names.append(names.isEmpty() ? "" : ",").append(Sql.name(publication));
    }
    return "START_REPLICATION SLOT "
        + Sql.name(slot)
        + " LOGICAL "
        + start
        + " (\"proto_version\" "
        + literal(Integer.toString(ProtocolVersion.V2.number()))
        + ", \"publication_names\" "
        + literal(names.toString())
        + ", \"streaming\" "
        + literal(streaming ? "on" : "off")
        + ", \"messages\" 'on', \"binary\" "
        + literal(binary ? "on" : "off")
        + ")";
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
