package io.tidemark.postgres.slot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import java.io.BufferedReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * Which history a copy was made from: kept with the copy, compared whenever the source is opened.
 *
 * @param systemId pg_control's system identifier
 * @param timeline timeline at the time it was written
 * @param database name of the database
 * @param slot name of the slot
 */
public record SourceIdentity(String systemId, int timeline, String database, String slot) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Asks a server through a replication connection; needs no right but REPLICATION. */
  public static SourceIdentity read(Connection replication, String slot) throws SQLException {
    try (Statement statement = replication.createStatement();
        ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
      row.next();
      return new SourceIdentity(row.getString(1), row.getInt(2), row.getString(4), slot);
    }
  }

  /** The form in which it is kept. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the identity of a source.", e);
    }
  }

  /** Reads what {@link #toJson} wrote. */
  public static SourceIdentity fromJson(String json) {
    try {
      return JSON.readValue(json, SourceIdentity.class);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read the stored identity of the source: it is not of the form that was written."
              + " Restore the state of the destination.",
          e);
    }
  }

  /**
   * Refuses a server that is not the one a copy was made from, or whose history left the copy's.
   *
   * @param now what the server says
   * @param tidemark where the copy stands
   * @param replication asked for the history of timelines where they differ
   */
  public void check(SourceIdentity now, Lsn tidemark, Connection replication) throws SQLException {
    if (!systemId.equals(now.systemId)) {
      throw changed(
          "it is another database cluster (system identifier "
              + now.systemId
              + ", the copy was made from "
              + systemId
              + ")",
          "Connect to the right server, or begin a new copy at an empty destination");
    }
    if (!database.equals(now.database)) {
      throw changed(
          "the database is '" + now.database + "', the copy was made from '" + database + "'",
          "Correct the option database, or begin a new copy at an empty destination");
    }
    if (timeline == now.timeline) {
      return;
    }
    Optional<Lsn> left = now.timeline < timeline ? Optional.empty() : switchPoint(now, replication);
    if (left.isEmpty() || left.get().isBefore(tidemark)) {
      throw changed(
          "the server is on timeline "
              + now.timeline
              + ", which left timeline "
              + timeline
              + " at "
              + left.map(Lsn::toString).orElse("no known point")
              + ", below the tidemark "
              + tidemark
              + ": what the copy holds above that point never happened there",
          "Begin a new copy at an empty destination, or go back to a server that has this history");
    }
  }

  /** Where the server's timeline left the copy's (manual, TIMELINE_HISTORY). */
  private Optional<Lsn> switchPoint(SourceIdentity now, Connection replication)
      throws SQLException {
    try (Statement statement = replication.createStatement();
        ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + now.timeline)) {
      row.next();
      String history = new String(row.getBytes(2), StandardCharsets.UTF_8);
      return new BufferedReader(new StringReader(history))
          .lines()
          .map(line -> line.strip().split("\\s+"))
          .filter(words -> words.length >= 2 && words[0].equals(Integer.toString(timeline)))
          .map(words -> Lsn.parse(words[1]))
          .findFirst();
    }
  }

  private TidemarkException changed(String reason, String remedy) {
    return new TidemarkException(
        ErrorCode.SOURCE_CHANGED,
        "Cannot continue the copy from slot " + slot + ": " + reason + ". " + remedy + ".");
  }
}
