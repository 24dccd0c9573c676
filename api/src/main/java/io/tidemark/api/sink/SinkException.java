package io.tidemark.api.sink;

import io.tidemark.api.model.TableName;
import java.util.List;

/**
 * The ways in which a destination can fail, and what each means for the caller. Messages follow
 * {@code Cannot <verb> <object>: <reason with values>. <what to do>.} and never hold secrets or row
 * values.
 */
public abstract sealed class SinkException extends Exception {
  private static final long serialVersionUID = 1L;

  private SinkException(String message, Throwable cause) {
    super(message, cause);
  }

  /** These rows, or this table, can never be written: to be isolated and kept as dead letters. */
  public static final class Rejected extends SinkException {
    private static final long serialVersionUID = 1L;
    private final transient TableName table;

    public Rejected(TableName table, String message, Throwable cause) {
      super(message, cause);
      this.table = table;
    }

    /** The table whose rows were refused. */
    public TableName table() {
      return table;
    }
  }

  /**
   * Rows that were staged can never be applied, as showed when all of them met: nothing happened,
   * and everything staged is void. The caller stages again what no commit covers, without them.
   */
  public static final class RowsRejected extends SinkException {
    private static final long serialVersionUID = 1L;
    private final transient List<Row> rows;

    /**
     * A row of the stream.
     *
     * @param why what would have been thrown had it been known when the row was staged
     */
    public record Row(long commitLsn, long ordinal, Rejected why) {}

    /**
     * @param rows one or more
     */
    public RowsRejected(List<Row> rows) {
      super(rows.get(0).why().getMessage(), rows.get(0).why());
      this.rows = List.copyOf(rows);
    }

    /** Which they are. */
    public List<Row> rows() {
      return rows;
    }
  }

  /** Nothing happened; the same call may succeed later. The caller waits and tries again. */
  public static final class Retryable extends SinkException {
    private static final long serialVersionUID = 1L;

    public Retryable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * It may have happened or not. The caller opens the sink again and looks; nothing may be cleaned
   * up before.
   */
  public static final class OutcomeUnknown extends SinkException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknown(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Another writer has taken over with a higher epoch: this one must stop and may never commit
   * again.
   */
  public static final class Fenced extends SinkException {
    private static final long serialVersionUID = 1L;

    public Fenced(String message) {
      super(message, null);
    }
  }
}
