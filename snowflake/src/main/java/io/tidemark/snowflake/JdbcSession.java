package io.tidemark.snowflake;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.LoggerFactory;

/** A session over JDBC. */
final class JdbcSession implements Session {
  private static final int VALID_SECONDS = 30;

  private final Connection connection;

  JdbcSession(Connection connection) {
    this.connection = connection;
  }

  @Override
  public long execute(String sql, List<String> values) throws SQLException {
    if (values.isEmpty()) {
      try (Statement statement = connection.createStatement()) {
        return statement.execute(sql) ? 0 : Math.max(0, statement.getLargeUpdateCount());
      }
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        statement.setString(i + 1, values.get(i));
      }
      return statement.executeLargeUpdate();
    }
  }

  @Override
  public <T> List<T> query(String sql, Row<T> row) throws SQLException {
    List<T> all = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        all.add(row.read(rows));
      }
    }
    return all;
  }

  @Override
  public void put(Path file, String stageFolder) throws SQLException {
    String source = SqlText.value("file://" + file.toString().replace('\\', '/'));
    query(
        "PUT " + source + " " + stageFolder + " AUTO_COMPRESS = FALSE OVERWRITE = TRUE",
        result -> result.getString(1));
  }

  @Override
  public boolean isOpen() {
    try {
      return connection.isValid(VALID_SECONDS);
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LoggerFactory.getLogger(JdbcSession.class).debug("The session did not end by itself.", e);
    }
  }
}
