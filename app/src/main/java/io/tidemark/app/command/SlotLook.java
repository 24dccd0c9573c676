package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.doctor.EventTrigger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A slot as its database shows it.
 *
 * @param head end of the log
 * @param sent up to where the log was sent; empty while nobody reads
 * @param durable up to where its reader has confirmed
 * @param state reserved, extended, unreserved or lost
 * @param retainedBytes log that is kept for it
 * @param behindBytes log between what is confirmed and the head
 */
record SlotLook(
    String head, String sent, String durable, String state, long retainedBytes, long behindBytes) {
  private static final String QUERY =
      """
      WITH log AS (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                               ELSE pg_current_wal_lsn() END AS head)
      SELECT log.head::text, coalesce(r.sent_lsn::text, ''), coalesce(s.confirmed_flush_lsn::text, ''),
             coalesce(s.wal_status, ''), coalesce((log.head - s.restart_lsn)::bigint, 0),
             coalesce((log.head - s.confirmed_flush_lsn)::bigint, 0)
        FROM log, pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
       WHERE s.slot_name = ?
      """;

  /** How exactly changes of forms are known where the database is now: exact or plain. */
  static String schemaGrade(Connector database) {
    try (Connection connection = database.sql()) {
      return EventTrigger.isThere(connection) ? "exact" : "plain";
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          "Cannot look for the event trigger at "
              + database.endpoint()
              + ": "
              + e.getMessage()
              + ".",
          e);
    }
  }

  /** The slot of a name; empty where there is none. */
  static Optional<SlotLook> at(Connector database, String slot) {
    try (Connection connection = database.sql();
        PreparedStatement statement = connection.prepareStatement(QUERY)) {
      statement.setString(1, slot);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(
                new SlotLook(
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4),
                    row.getLong(5),
                    row.getLong(6)))
            : Optional.empty();
      }
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          "Cannot read slot " + slot + " at " + database.endpoint() + ": " + e.getMessage() + ".",
          e);
    }
  }
}
