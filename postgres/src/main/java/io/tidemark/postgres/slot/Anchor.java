package io.tidemark.postgres.slot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;

/**
 * What a copy remembers of the log's content, so that another history with the same positions is
 * noticed: a message that this program wrote into the log, and the last commit with rows between it
 * and the tidemark. A restored copy of the server's files has the same system identifier, timeline
 * and slot, and its log may long have passed the tidemark; it cannot have these at their places.
 *
 * @param from a position before the message, taken when it was written; the log is read again from
 *     there
 * @param lsn the message's own position, which is its end; nothing else can begin between the two
 *     but what others wrote at the same moment
 * @param nonce the message's content, never used twice
 * @param lastCommit commit LSN of the last commit with rows, 0/0 for none above the message
 * @param xid its transaction id, 64 bits
 * @param committedAt its commit time, microseconds since 1970 UTC
 * @param publication what was read; another one may publish other rows
 */
public record Anchor(
    String from,
    String lsn,
    String nonce,
    String lastCommit,
    long xid,
    long committedAt,
    String publication) {
  /** Key of the note that holds it. */
  public static final String NOTE = "anchor";

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A message without a commit above it.
   *
   * @param content of which the last word is the position before it
   */
  public static Anchor at(Lsn lsn, String content, String publication) {
    String from = content.substring(content.lastIndexOf(' ') + 1);
    return new Anchor(
        Lsn.parse(from).toString(),
        lsn.toString(),
        content,
        Lsn.ZERO.toString(),
        0,
        0,
        publication);
  }

  /** The same message with the last commit above it. */
  public Anchor with(Lsn commit, long itsXid, long itsTime) {
    return new Anchor(from, lsn, nonce, commit.toString(), itsXid, itsTime, publication);
  }

  /** Where the log is read again from, and up to where the slot may be confirmed. */
  public Lsn start() {
    return Lsn.parse(from);
  }

  /** Where the message must be. */
  public Lsn place() {
    return Lsn.parse(lsn);
  }

  /** The last commit's LSN; ZERO for none. */
  public Lsn commit() {
    return Lsn.parse(lastCommit);
  }

  /** The form in which it is kept. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write an anchor.", e);
    }
  }

  /** Reads what {@link #toJson} wrote. */
  public static Anchor fromJson(String json) {
    try {
      return JSON.readValue(json, Anchor.class);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read the stored anchor of the source: it is not of the form that was written."
              + " Restore the state of the destination.",
          e);
    }
  }
}
