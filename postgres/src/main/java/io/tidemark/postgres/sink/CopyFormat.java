package io.tidemark.postgres.sink;

import io.tidemark.api.model.ColumnData;
import java.io.Closeable;
import java.sql.SQLException;

/** Writes rows as COPY takes them, in one of its formats. One thread. */
interface CopyFormat extends Closeable {
  /** Begins a row of so many fields, each then given by one call. */
  void row(int fields) throws SQLException;

  void small(int value) throws SQLException;

  void big(long value) throws SQLException;

  void flag(boolean value) throws SQLException;

  /** A text, or null. */
  void text(String value) throws SQLException;

  void none() throws SQLException;

  /** The value of a column, which is not left out. */
  void value(TargetColumn column, ColumnData data, int row) throws SQLException;

  /** Ends the rows. */
  void end() throws SQLException;

  @Override
  void close();
}
