package io.tidemark.duckdb;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A statement that is being answered, on a connection of its own.
 *
 * @param rows computed while they are read
 */
record RunningQuery(Connection connection, Statement statement, ResultSet rows)
    implements AutoCloseable {
  /** Starts a statement; the connection is closed with it, also when it fails. */
  static RunningQuery start(Connection connection, String sql) throws SQLException {
    try {
      Statement statement = connection.createStatement();
      return new RunningQuery(connection, statement, statement.executeQuery(sql));
    } catch (SQLException e) {
      try (connection) {
        throw cause(connection, sql, e);
      }
    }
  }

  /**
   * What DuckDB really said: for a failure before the first row of a streamed result, the driver
   * tells no more than that there is no result.
   */
  private static SQLException cause(Connection connection, String sql, SQLException told) {
    if (!String.valueOf(told.getMessage()).contains("Invalid result set")) {
      return told;
    }
    try (Statement again = connection.createStatement()) {
      again.execute("EXPLAIN ANALYZE " + sql);
      return told;
    } catch (SQLException e) {
      return e;
    }
  }

  @Override
  public void close() throws SQLException {
    try (connection;
        statement;
        rows) {
      // Each is closed even where another fails.
    }
  }
}
