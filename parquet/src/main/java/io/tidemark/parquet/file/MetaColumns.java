package io.tidemark.parquet.file;

import java.util.List;
import java.util.Locale;

/**
 * The columns that a file has beside those of its table. Their field ids are above any column's.
 */
public final class MetaColumns {
  /** What happened: r, c, u, d or t. */
  public static final String OP = "_op";

  /**
   * Commit LSN of the transaction; as bigint, since neither Iceberg nor most engines have unsigned
   * numbers and no log reaches 2^63 bytes.
   */
  public static final String LSN = "_lsn";

  /** Place of the change in its transaction. */
  public static final String SEQ = "_seq";

  /** Transaction id, widened to 64 bits; 0 for rows of a snapshot. */
  public static final String XID = "_xid";

  /** Commit time. */
  public static final String COMMITTED_AT = "_committed_at";

  /** Names of the columns whose value the UPDATE left unchanged and the log did not carry. */
  public static final String UNCHANGED = "_unchanged";

  /** The old key or row of an UPDATE; only in files that need it. */
  public static final String OLD = "_old";

  /** The leaf partition; only in files that need it. */
  public static final String PARTITION = "_partition";

  /** Behind a column's name: PostgreSQL's text of a value that its type cannot hold. */
  public static final String RAW_SUFFIX = "__raw";

  private static final List<String> RESERVED =
      List.of(OP, LSN, SEQ, XID, COMMITTED_AT, UNCHANGED, OLD, PARTITION);

  static final int NESTED_IDS = 1_000_000;
  static final int RAW_IDS = 1_700_000_000;
  static final int OLD_IDS = 1_710_000_000;
  static final int OLD_RAW_IDS = 1_720_000_000;
  static final int META_IDS = 2_000_000_000;

  private MetaColumns() {}

  /** Whether a table's column may not have this name; engines read names in any case. */
  public static boolean isReserved(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return RESERVED.contains(lower) || lower.endsWith(RAW_SUFFIX);
  }

  /** Whether a column holds the place, transaction or time of a change. */
  static boolean isNumber(String name) {
    return name.equals(LSN) || name.equals(SEQ) || name.equals(XID) || name.equals(COMMITTED_AT);
  }

  /** The field id of one of the columns that every file can have. */
  static int id(String name) {
    return META_IDS + 1 + RESERVED.indexOf(name);
  }
}
