package io.tidemark.duckdb;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.sql.SQLException;

/** Tells what DuckDB refused, in its own words, with what the user can do. */
final class QueryFailure {
  private QueryFailure() {}

  static TidemarkException of(SQLException e) {
    String message = String.valueOf(e.getMessage()).strip();
    // DuckDB shows the place of an error below the line, so nothing may follow it there.
    String end = message.contains("\n") ? "\n" : message.endsWith(".") ? " " : ". ";
    return new TidemarkException(
        ErrorCode.QUERY, "Cannot answer the query: " + message + end + remedy(message), e);
  }

  static boolean isMissingName(SQLException e) {
    return String.valueOf(e.getMessage()).startsWith("Catalog Error");
  }

  private static String remedy(String message) {
    if (message.startsWith("Catalog Error")) {
      return "See what can be asked with: SELECT * FROM tidemark_tables.";
    } else if (message.startsWith("Binder Error")) {
      return "See a table's columns with: DESCRIBE <table>.";
    } else if (message.startsWith("Parser Error")) {
      return "Mend the SQL at the place shown.";
    } else if (message.startsWith("Out of Memory")) {
      return "Ask for fewer columns or rows, or give the query more memory.";
    } else if (message.startsWith("Permission Error")) {
      return "A query sees the tables of the copy and no other files.";
    } else if (message.startsWith("IO Error") || message.contains("No such file")) {
      return "If a compaction has just removed old files, ask again.";
    }
    return "Change the query.";
  }
}
