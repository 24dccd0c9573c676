package io.tidemark.postgres.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkState;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import java.sql.SQLException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a copy in a PostgreSQL says, also while a pipeline writes it; all as of one commit.
 *
 * @param position its tidemark
 * @param committedAtMicros commit time of the last transaction below the tidemark, microseconds
 *     since 1970 UTC; 0 before the first commit
 * @param entries the pipeline's state
 * @param rows current rows of each table, by its name in the pipeline
 */
public record PostgresLook(
    Position position,
    long committedAtMicros,
    SortedMap<String, String> entries,
    SortedMap<TableName, Long> rows) {

  /**
   * Looks at a copy, and counts its rows.
   *
   * @throws TidemarkException DESTINATION when it cannot be read
   */
  public static PostgresLook at(PostgresSinkConfig config) {
    try (TargetSession session = TargetSession.reading(config)) {
      if (!exists(session, config)) {
        return new PostgresLook(Position.NONE, 0, new TreeMap<>(), new TreeMap<>());
      }
      SinkState state = StateTables.read(session, config);
      SortedMap<TableName, Long> rows = new TreeMap<>();
      for (Map.Entry<String, HeldTable> held : new FormStore(session, config).load().entrySet()) {
        if (!Journal.isOne(held.getKey())) {
          rows.put(
              TableName.parse(held.getKey()),
              session.ask("SELECT count(*) FROM " + held.getValue().sql(), row -> row.getLong(1)));
        }
      }
      return new PostgresLook(state.tidemark(), micros(session, config), state.entries(), rows);
    } catch (SQLException e) {
      throw unread(config, e);
    }
  }

  static boolean exists(TargetSession session, PostgresSinkConfig config) throws SQLException {
    return session.ask(
        "SELECT pg_catalog.to_regclass("
            + Sql.text(StateTables.own(config, "pipelines"))
            + ") IS NOT NULL",
        row -> row.getBoolean(1));
  }

  private static long micros(TargetSession session, PostgresSinkConfig config) throws SQLException {
    return session
        .query(
            "SELECT coalesce(extract(epoch FROM committed_at) * 1000000, 0)::bigint FROM "
                + StateTables.own(config, "pipelines")
                + " WHERE name = "
                + Sql.text(config.pipeline()),
            row -> row.getLong(1))
        .stream()
        .findFirst()
        .orElse(0L);
  }

  static TidemarkException unread(PostgresSinkConfig config, SQLException e) {
    return new TidemarkException(
        ErrorCode.DESTINATION,
        "Cannot read the copy at " + config.endpoint() + ": " + ServerWords.of(e) + ".",
        e);
  }
}
