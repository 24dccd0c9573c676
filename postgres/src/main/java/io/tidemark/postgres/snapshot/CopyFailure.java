package io.tidemark.postgres.snapshot;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.type.MalformedValueException;
import java.sql.SQLException;

/**
 * What a failure of a copy means.
 *
 * @param kind what has to happen
 * @param reason in words for the user
 */
public record CopyFailure(Kind kind, String reason) {
  /** What has to happen. */
  public enum Kind {
    /** The attempt begins again under another snapshot. */
    LOST,
    /** The connection or the server broke it off: what was being read is read again. */
    BROKEN_OFF,
    /** The table cannot be copied until somebody mends it. */
    LASTING
  }

  /** Looks at what was thrown while rows of a table were read. */
  public static CopyFailure of(Throwable thrown, TableName table) {
    String what = "Cannot copy table " + table + ": ";
    if (thrown instanceof AttemptLostException) {
      return new CopyFailure(Kind.LOST, thrown.getMessage());
    }
    if (thrown instanceof SQLException sql) {
      return ofSql(sql, what);
    }
    if (thrown instanceof MalformedValueException) {
      return new CopyFailure(Kind.LASTING, what + thrown.getMessage());
    }
    if (thrown instanceof TidemarkException known) {
      boolean heals =
          known.code() == ErrorCode.SOURCE_UNREACHABLE
              || known.code() == ErrorCode.SOURCE_NOT_READY;
      return new CopyFailure(heals ? Kind.BROKEN_OFF : Kind.LASTING, known.getMessage());
    }
    if (thrown instanceof OutOfMemoryError) {
      // the driver reads a whole row into memory before its length can be looked at
      return new CopyFailure(
          Kind.LASTING,
          what
              + "a row of it does not fit into the memory. Give the JVM more heap, or leave the"
              + " table out.");
    }
    return new CopyFailure(
        Kind.LASTING, what + ErrorCode.INTERNAL + " " + thrown + ". Report this defect.");
  }

  private static CopyFailure ofSql(SQLException e, String what) {
    String state = ServerWords.state(e);
    String said = ServerWords.of(e);
    if (state.equals("42501")) {
      return new CopyFailure(
          Kind.LASTING,
          what
              + said
              + ". Grant SELECT on it to this role (and BYPASSRLS where a policy hides rows),"
              + " then resume the table.");
    }
    if (state.startsWith("22") || state.startsWith("42")) {
      return new CopyFailure(
          Kind.LASTING,
          what
              + said
              + ". Check snapshot.row-filter and the publication's row filter, then resume the"
              + " table.");
    }
    return new CopyFailure(Kind.BROKEN_OFF, "the copy was broken off: " + said);
  }
}
