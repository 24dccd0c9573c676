package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader.Load;
import java.util.List;

/**
 * What was found of a table.
 *
 * @param table its name at the source
 * @param verdict the outcome
 * @param reason why it is excepted or undecided; else empty
 * @param rows rows of the source that were compared
 * @param ranges rounds in which they were
 * @param suspects keys that differed at first and were looked at again at one position
 * @param differing rows that differ at one position, those that are excepted not counted
 * @param atLeast whether there may be more of them, because the comparison stopped at so many
 * @param differences the first of them
 * @param parked rows that differ and wait as dead letters
 * @param notes what was not compared, in words
 * @param millis how long it took
 * @param load what it asked of the source
 */
public record TableReport(
    String table,
    Verdict verdict,
    String reason,
    long rows,
    long ranges,
    long suspects,
    long differing,
    boolean atLeast,
    List<Difference> differences,
    long parked,
    List<String> notes,
    long millis,
    Load load) {
  /** The outcome for a table. */
  public enum Verdict {
    /** Every row that was compared is equal. */
    EQUAL,
    /** Rows differ at one position. */
    DIFFERENT,
    /** It could not be said, with the reason. */
    UNDECIDED,
    /** The copy does not promise this table, with the reason. */
    EXCEPTED
  }
}
