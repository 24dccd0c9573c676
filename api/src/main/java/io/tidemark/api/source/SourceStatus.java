package io.tidemark.api.source;

import io.tidemark.api.model.Lsn;
import java.util.Optional;

/**
 * How a source stands: the ladder from the head of the log down to what the copies hold.
 *
 * @param connected whether changes are being read now
 * @param head end of the source's log, as last heard
 * @param received up to where the log was read
 * @param durable up to where the source may forget (confirmed)
 * @param retained WAL that the source holds back for us, in bytes; -1 when not known
 * @param overBudget whether that is more than its owner allows
 * @param lastCommitMicros commit time of the last change read, microseconds since 1970 UTC; 0
 *     before the first
 * @param changesCaptured rows given since open, those of snapshots included
 * @param spilledBytes bytes of unfinished transactions on local disk
 * @param grade how exactly changes of a table's form are known
 * @param problem what the source is waiting for or retrying, in words for its user; empty when all
 *     is well
 */
public record SourceStatus(
    boolean connected,
    Lsn head,
    Lsn received,
    Lsn durable,
    long retained,
    boolean overBudget,
    long lastCommitMicros,
    long changesCaptured,
    long spilledBytes,
    SchemaGrade grade,
    Optional<String> problem) {

  /** How exactly a source knows changes of its tables' forms. */
  public enum SchemaGrade {
    /** Each at its place in the log, also when no row follows it. */
    EXACT,
    /** From what rows show, and from the catalog some seconds later. */
    PLAIN,
    /** Not asked yet. */
    UNKNOWN
  }
}
