package io.tidemark.duckdb.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.duckdb.SqlText;
import io.tidemark.duckdb.StoredPosition;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import org.duckdb.DuckDBDriver;

/**
 * What a file holds while no pipeline writes it.
 *
 * @param position of its last commit; {@link Position#NONE} where there is none
 * @param committedAtMicros commit time of the last transaction below the tidemark, microseconds
 *     since 1970 UTC; 0 before the first commit
 * @param entries the pipeline's state
 * @param rows current rows of each table, by its name in the copy
 */
public record DuckDbLook(
    Position position,
    long committedAtMicros,
    SortedMap<String, String> entries,
    SortedMap<TableName, Long> rows) {

  /**
   * Looks into a file.
   *
   * @throws TidemarkException BUSY when another process writes it, DESTINATION when it cannot be
   *     read
   */
  public static DuckDbLook at(DuckDbConfig config) {
    if (config.isFile() && !Files.exists(config.path())) {
      return new DuckDbLook(Position.NONE, 0, new TreeMap<>(), new TreeMap<>());
    }
    Properties properties = new Properties();
    if (config.isFile()) {
      properties.setProperty("access_mode", "READ_ONLY");
    }
    try (Connection connection =
            new DuckDBDriver().connect("jdbc:duckdb:" + config.database(), properties);
        Statement statement = connection.createStatement()) {
      return look(statement);
    } catch (SQLException e) {
      String reason = CopyFile.firstLine(e);
      throw new TidemarkException(
          reason.contains("Could not set lock") ? ErrorCode.BUSY : ErrorCode.DESTINATION,
          "Cannot read " + config.place() + ": " + reason + ". Is a pipeline writing it?",
          e);
    }
  }

  private static DuckDbLook look(Statement statement) throws SQLException {
    String own = "\"" + CopyFile.OWN_SCHEMA + "\".";
    Position position;
    long micros;
    try (ResultSet row =
        statement.executeQuery(
            "SELECT parts, coalesce(epoch_us(committed_at), 0) FROM " + own + "tidemark")) {
      row.next();
      position = StoredPosition.read(row.getObject(1));
      micros = row.getLong(2);
    }
    SortedMap<String, String> entries = new TreeMap<>();
    try (ResultSet state = statement.executeQuery("SELECT key, value FROM " + own + "state")) {
      while (state.next()) {
        entries.put(state.getString(1), state.getString(2));
      }
    }
    return new DuckDbLook(position, micros, entries, rows(statement));
  }

  private static SortedMap<TableName, Long> rows(Statement statement) throws SQLException {
    List<TableName> tables = new ArrayList<>();
    try (ResultSet names =
        statement.executeQuery(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog ="
                + " current_database() AND (table_schema || '.' || table_name) IN (SELECT owner FROM "
                + CopyFile.OWN_SCHEMA
                + ".forms)")) {
      while (names.next()) {
        tables.add(new TableName(names.getString(1), names.getString(2)));
      }
    }
    SortedMap<TableName, Long> rows = new TreeMap<>();
    for (TableName table : tables) {
      String name = SqlText.name(table.schema()) + "." + SqlText.name(table.table());
      try (ResultSet count = statement.executeQuery("SELECT count(*) FROM " + name)) {
        count.next();
        rows.put(table, count.getLong(1));
      }
    }
    return rows;
  }
}
