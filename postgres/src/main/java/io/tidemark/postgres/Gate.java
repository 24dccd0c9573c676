package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.SlotCheck;
import io.tidemark.postgres.slot.SlotState;
import io.tidemark.postgres.slot.SourceIdentity;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Lets nobody through to a source that is not the one a copy was made from. Passed when the source
 * is opened and again after every lost connection, since the server may have been restored or
 * replaced in the meantime.
 */
final class Gate {
  private final Connector connector;
  private final String slot;
  private Optional<SourceIdentity> identity;

  /**
   * @param identity what is stored with the copy; empty for a new one
   */
  Gate(Connector connector, String slot, Optional<SourceIdentity> identity) {
    this.connector = connector;
    this.slot = slot;
    this.identity = identity;
  }

  /** What the server said last of itself. */
  SourceIdentity identity() {
    return identity.orElseThrow();
  }

  /**
   * Checks server and slot.
   *
   * @param tidemark where the copy stands; ZERO for a new one
   * @return the slot; empty where it does not exist yet
   */
  synchronized Optional<SlotState> pass(Lsn tidemark) throws SQLException {
    try (Connection sql = connector.sql()) {
      ServerInfo server = ServerInfo.read(sql);
      if (!server.walLevel().equals("logical")) {
        throw new TidemarkException(
            ErrorCode.SOURCE_NOT_READY,
            "Cannot capture from "
                + connector.endpoint()
                + ": wal_level is '"
                + server.walLevel()
                + "', expected 'logical'. Run: ALTER SYSTEM SET wal_level = 'logical'; and restart"
                + " the server (on managed services set their parameter for logical replication).");
      }
      try (Connection replication = connector.replication()) {
        SourceIdentity now = SourceIdentity.read(replication, slot);
        if (identity.isPresent()) {
          identity.get().check(now, tidemark, replication);
        }
        identity = Optional.of(now);
      }
      Optional<SlotState> state = SlotState.read(sql, slot);
      if (state.isPresent()) {
        SlotCheck.usable(state.get(), server.database());
        if (!tidemark.equals(Lsn.ZERO)) {
          SlotCheck.joins(state.get(), tidemark, ServerInfo.walEnd(sql));
        }
      } else if (!tidemark.equals(Lsn.ZERO)) {
        throw SlotCheck.missing(slot, tidemark);
      }
      return state;
    }
  }
}
