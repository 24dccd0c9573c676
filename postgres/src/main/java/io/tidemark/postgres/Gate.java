package io.tidemark.postgres;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.SlotCheck;
import io.tidemark.postgres.slot.SlotState;
import io.tidemark.postgres.slot.SourceIdentity;
import io.tidemark.postgres.type.Codecs;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Lets nobody through to a source that is not the one a copy was made from. Passed when the source
 * is opened and again after every lost connection, since the server may have been restored or
 * replaced in the meantime.
 */
final class Gate {
  private final Connector connector;
  private final String slot;
  private final Consumer<SourceIdentity> changed;
  private Optional<SourceIdentity> identity;
  private String encoding = "";

  /**
   * @param identity what is stored with the copy; empty for a new one
   * @param changed takes the identity to be stored when the server went on to a new timeline
   */
  Gate(
      Connector connector,
      String slot,
      Optional<SourceIdentity> identity,
      Consumer<SourceIdentity> changed) {
    this.connector = connector;
    this.slot = slot;
    this.identity = identity;
    this.changed = changed;
  }

  /** What the server said last of itself. */
  synchronized SourceIdentity identity() {
    return identity.orElseThrow();
  }

  /** Whether the database checks that texts are what its encoding says. */
  synchronized Codecs.Texts texts() {
    return encoding.equals("SQL_ASCII") ? Codecs.Texts.CHECKED : Codecs.Texts.TRUSTED;
  }

  /**
   * The server was promoted while it was read: its stream went on without a break, so everything
   * given is of its history, unless what is asked is no longer the server that is read.
   *
   * @param earlier how far was read when the server was last seen on the timeline before
   * @throws TidemarkException SOURCE_CHANGED when the new timeline left that one below it
   */
  synchronized void promoted(Lsn earlier) throws SQLException {
    try (Connection replication = connector.replicationQuestions()) {
      SourceIdentity now = SourceIdentity.read(replication, slot);
      identity().check(now, earlier, replication);
      accept(now);
    }
  }

  private void accept(SourceIdentity now) {
    boolean other = identity.isPresent() && !identity.get().equals(now);
    identity = Optional.of(now);
    if (other) {
      changed.accept(now);
    }
  }

  /**
   * Checks server and slot.
   *
   * @param tidemark where the copy stands; ZERO for a new one
   * @param from where the log is read from: the tidemark, or an anchor below it
   * @return the slot; empty where it does not exist yet
   */
  synchronized Optional<SlotState> pass(Lsn tidemark, Lsn from) throws SQLException {
    try (Connection sql = connector.questions()) {
      ServerInfo server = ServerInfo.read(sql);
      encoding = server.encoding();
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
      try (Connection replication = connector.replicationQuestions()) {
        SourceIdentity now = SourceIdentity.read(replication, slot);
        if (identity.isPresent()) {
          identity.get().check(now, tidemark, replication);
        }
        accept(now);
      }
      Optional<SlotState> state = SlotState.read(sql, slot);
      if (state.isPresent()) {
        SlotCheck.usable(state.get(), server.database());
        if (!tidemark.equals(Lsn.ZERO)) {
          SlotCheck.joins(state.get(), tidemark, from, ServerInfo.walEnd(sql));
        }
      } else if (!tidemark.equals(Lsn.ZERO)) {
        throw SlotCheck.missing(slot, tidemark);
      }
      return state;
    }
  }
}
