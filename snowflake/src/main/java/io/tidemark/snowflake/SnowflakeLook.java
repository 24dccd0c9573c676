package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a copy in Snowflake holds. Takes nothing over and may be asked while a pipeline writes.
 *
 * @param position of its last commit; {@link Position#NONE} where there is none
 * @param committedAtMicros commit time of the last transaction below the tidemark, microseconds
 *     since 1970 UTC; 0 before the first commit
 * @param entries the pipeline's state
 * @param rows current rows of each table, by its name in the copy, as Snowflake's catalog counts
 *     them
 */
public record SnowflakeLook(
    Position position,
    long committedAtMicros,
    SortedMap<String, String> entries,
    SortedMap<TableName, Long> rows) {

  /**
   * Looks at the copy of a pipeline.
   *
   * @throws TidemarkException DESTINATION when it cannot be read
   */
  public static SnowflakeLook at(SnowflakeConfig config, String pipeline, Supplier<Driver> driver) {
    return at(config, pipeline, new SnowflakeSessions(config, driver));
  }

  static SnowflakeLook at(SnowflakeConfig config, String pipeline, Session.Factory sessions) {
    Destination names = new Destination(config, pipeline);
    try (Session session = sessions.open()) {
      StateTables state = new StateTables(session, names);
      if (!state.isThere()) {
        return new SnowflakeLook(Position.NONE, 0, new TreeMap<>(), new TreeMap<>());
      }
      return new SnowflakeLook(
          state.position(),
          state.committedAtMicros(),
          state.entries(),
          rows(session, state, names));
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION,
          "Cannot read the copy in " + names.database() + ": " + Failures.firstLine(e) + ".",
          e);
    }
  }

  private static SortedMap<TableName, Long> rows(
      Session session, StateTables state, Destination names) throws SQLException {
    Map<String, Long> counted = new HashMap<>();
    session.query(
        "SELECT \"TABLE_SCHEMA\", \"TABLE_NAME\", \"ROW_COUNT\" FROM " + names.catalog("TABLES"),
        row -> counted.put(row.getString(1) + "." + row.getString(2), row.getLong(3)));
    SortedMap<TableName, Long> rows = new TreeMap<>();
    for (String name : Forms.load(state).tables()) {
      TableName table = TableName.parse(name);
      rows.put(table, counted.getOrDefault(names.schema(table) + "." + names.table(table), 0L));
    }
    return rows;
  }
}
