package io.tidemark.engine.verify;

import io.tidemark.api.copy.SourceReader.Load;
import io.tidemark.engine.verify.TableReport.Verdict;
import java.util.List;

/**
 * What was found.
 *
 * @param plan what was to be compared
 * @param tidemark of the copy that was read first
 * @param position the one position at which differences were looked at; empty where there was no
 *     need
 * @param heldMillis how long a snapshot held back vacuum at the source; 0 where none did
 * @param millis how long it took
 * @param load what it asked of the source
 * @param tables every table, by name
 */
public record VerifyReport(
    VerifyPlan plan,
    String tidemark,
    String position,
    long heldMillis,
    long millis,
    Load load,
    List<TableReport> tables) {
  /** How many tables have a verdict. */
  public long count(Verdict verdict) {
    return tables.stream().filter(table -> table.verdict() == verdict).count();
  }

  /**
   * Whether everything that the copy promises was compared and found equal; not where it promises
   * nothing.
   */
  public boolean isEqual() {
    return count(Verdict.EQUAL) > 0
        && count(Verdict.DIFFERENT) == 0
        && count(Verdict.UNDECIDED) == 0;
  }
}
