package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.sink.SinkException;
import java.sql.SQLException;
import java.util.Set;

/** What Snowflake's errors mean. */
final class Failures {
  /**
   * Classes of SQLSTATE that waiting does not heal: something is missing or not allowed, a value
   * does not fit, a statement is not understood.
   */
  private static final Set<String> LASTING = Set.of("02", "0A", "22", "23", "28", "42");

  private Failures() {}

  /**
   * A failure after which nothing has happened.
   *
   * @param what was tried: a verb and its object
   * @return what waiting may heal
   * @throws TidemarkException DESTINATION_REFUSED for what it does not
   */
  static SinkException.Retryable of(String what, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (state.length() == 5 && LASTING.contains(state.substring(0, 2))) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot "
              + what
              + ": "
              + firstLine(e)
              + ". Look at the rights of the role (the guide has the GRANTs) and at what was"
              + " changed by hand.",
          e);
    }
    return new SinkException.Retryable("Cannot " + what + ": " + firstLine(e) + ".", e);
  }

  /** The reason in one line, without values of rows. */
  static String firstLine(SQLException e) {
    String message = String.valueOf(e.getMessage()).strip();
    // Snowflake quotes the value that it could not read
    return message
        .lines()
        .limit(2)
        .reduce((a, b) -> a + " " + b)
        .orElse("")
        .replaceAll("'[^']*'", "'...'");
  }
}
