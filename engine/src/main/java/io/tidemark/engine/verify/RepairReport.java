package io.tidemark.engine.verify;

import io.tidemark.engine.verify.TableReport.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * What was found, what was done about it, and what was found then.
 *
 * @param found before anything was done
 * @param tables what was done to each table that differed; empty where none did, or nothing was to
 *     be repaired
 * @param history whether the copy keeps a history, which was not mended: nobody can say which
 *     changes it lacks
 * @param after the same comparison of what was repaired; empty where nothing was
 */
public record RepairReport(
    VerifyReport found, List<RepairedTable> tables, boolean history, Optional<VerifyReport> after) {
  public RepairReport {
    tables = List.copyOf(tables);
  }

  /** Of a comparison after which nothing was to be repaired. */
  public static RepairReport without(VerifyReport found) {
    return new RepairReport(found, List.of(), false, Optional.empty());
  }

  /** How a table was repaired. */
  public enum Way {
    /** Its keys that differed were written anew. */
    REWRITTEN,
    /** It was copied again as a whole. */
    COPIED_AGAIN,
    /** It was left as it is, with the reason. */
    LEFT
  }

  /**
   * A table that differed.
   *
   * @param table its name at the source
   * @param keys how many were written anew
   * @param position as of which they were; empty otherwise
   * @param reason why it was left; else empty
   */
  public record RepairedTable(String table, Way way, long keys, String position, String reason) {}

  /** Whether source and copy are equal now, of all that the copy promises. */
  public boolean isEqual() {
    return after.isEmpty()
        ? found.isEqual()
        : found.count(Verdict.UNDECIDED) == 0
            && tables.stream().noneMatch(table -> table.way() == Way.LEFT)
            && after.get().count(Verdict.EQUAL) == tables.size();
  }
}
