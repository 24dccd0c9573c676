package io.tidemark.postgres.catalog;

import java.sql.SQLException;

/** What a server said of a failure, without the values of rows that it may have quoted. */
public final class ServerWords {
  private ServerWords() {}

  /** One line; for failures at a value (classes 22 and 23) the code and what it stands for. */
  public static String of(SQLException failure) {
    String state = state(failure);
    if (state.startsWith("22")) {
      return "a value cannot be computed or converted (SQLSTATE " + state + ")";
    }
    if (state.startsWith("23")) {
      return "a constraint does not hold (SQLSTATE " + state + ")";
    }
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("").strip();
  }

  /** Its SQLSTATE; empty where it has none. */
  public static String state(SQLException failure) {
    return failure.getSQLState() == null ? "" : failure.getSQLState();
  }
}
