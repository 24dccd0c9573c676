package io.tidemark.snowflake;

import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** A session of Snowflake; everything that is said to it passes here. One thread at a time. */
interface Session extends AutoCloseable {
  /** Turns a row of an answer into a value. */
  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** Opens sessions. */
  @FunctionalInterface
  interface Factory {
    /** A new session, which commits each statement by itself until it is told to begin. */
    Session open() throws SQLException;
  }

  /**
   * Executes a statement.
   *
   * @param values of the question marks in it
   * @return rows that it changed; 0 where it changes none
   */
  long execute(String sql, List<String> values) throws SQLException;

  /** Executes a statement without question marks. */
  default long execute(String sql) throws SQLException {
    return execute(sql, List.of());
  }

  /** All rows of an answer. */
  <T> List<T> query(String sql, Row<T> row) throws SQLException;

  /** Uploads a local file under its own name, replacing what is there. */
  void put(Path file, String stageFolder) throws SQLException;

  /** Whether statements may still be answered. */
  boolean isOpen();

  @Override
  void close();
}
