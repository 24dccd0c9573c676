package io.tidemark.app.bank;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;

/**
 * Ids from the tables' own sequences, so that rows that others insert never collide with them.
 * Taken in blocks; what is left of a block at the end is a gap.
 */
final class SequenceIds implements Ids {
  private static final int BLOCK = 100;

  private final Connection connection;
  private final BankSchema schema;
  private final long[] next = new long[Table.values().length];
  private final long[] end = new long[Table.values().length];

  SequenceIds(Connection connection, BankSchema schema) {
    this.connection = connection;
    this.schema = schema;
  }

  @Override
  public long next(Table table) throws SQLException {
    if (next[table.ordinal()] == end[table.ordinal()]) {
      reserve(table, BLOCK);
    }
    return next[table.ordinal()]++;
  }

  /** Takes a new block of at least a size; what is left of the one before is given up. */
  void reserve(Table table, int count) throws SQLException {
    String sql =
        "SELECT setval(s, nextval(s) + ? - 1) FROM (SELECT pg_get_serial_sequence(?, 'id')::regclass s) s";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, count);
      statement.setString(2, schema.qualified(table.name().toLowerCase(Locale.ROOT)));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        end[table.ordinal()] = row.getLong(1) + 1;
        next[table.ordinal()] = end[table.ordinal()] - count;
      }
    }
  }
}
