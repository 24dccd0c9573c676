package io.tidemark.postgres.slot;

import io.tidemark.api.model.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A replication slot as pg_replication_slots shows it.
 *
 * @param name its name
 * @param plugin output plugin; empty for a physical slot
 * @param database its database; empty for a physical slot
 * @param activePid process that reads it now, 0 for none
 * @param restart oldest WAL that is kept for it; ZERO when none is
 * @param confirmed up to where its reader has confirmed
 * @param walStatus reserved, extended, unreserved or lost
 * @param retained bytes of WAL that are kept for it, -1 where that cannot be told
 * @param temporary whether it goes with the session that made it
 * @param twoPhase whether prepared transactions come before they commit, in messages of their own
 */
public record SlotState(
    String name,
    String plugin,
    String database,
    int activePid,
    Lsn restart,
    Lsn confirmed,
    String walStatus,
    long retained,
    boolean temporary,
    boolean twoPhase) {
  private static final String QUERY =
      """
      SELECT slot_name, coalesce(plugin, ''), coalesce(database, ''), coalesce(active_pid, 0),
             coalesce(restart_lsn::text, '0/0'), coalesce(confirmed_flush_lsn::text, '0/0'),
             coalesce(wal_status, 'reserved'),
             coalesce((CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                            ELSE pg_current_wal_lsn() END - restart_lsn)::bigint, -1),
             temporary, two_phase
        FROM pg_replication_slots WHERE slot_name = ?
      """;

  /** The slot of a name; empty where there is none. */
  public static Optional<SlotState> read(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        return Optional.of(
            new SlotState(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getInt(4),
                Lsn.parse(row.getString(5)),
                Lsn.parse(row.getString(6)),
                row.getString(7),
                row.getLong(8),
                row.getBoolean(9),
                row.getBoolean(10)));
      }
    }
  }

  /** Whether the server has thrown away WAL that the reader still needs. */
  public boolean isLost() {
    return walStatus.equals("lost");
  }
}
