package io.tidemark.postgres.doctor;

import io.tidemark.postgres.catalog.ServerInfo;
import java.util.List;

/** What the server is, and how it is set up. */
final class ServerChecks {
  private static final int NEWEST_TRIED = 18;

  /** Slots and senders: one for the stream, one for a copy. */
  private static final int NEEDED = 2;

  private final ServerInfo server;
  private final Settings settings;
  private final Provider provider;

  ServerChecks(ServerInfo server, Settings settings, Provider provider) {
    this.server = server;
    this.settings = settings;
    this.provider = provider;
  }

  void examine(List<Finding> findings) {
    version(findings);
    log(findings);
    role(findings);
    room("max_replication_slots", "slots_used", findings);
    room("max_wal_senders", "senders_used", findings);
    timeouts(findings);
  }

  private void version(List<Finding> findings) {
    findings.add(
        Finding.info(
            "server",
            "PostgreSQL " + server.version() + ", " + provider.title() + ".",
            "Versions 14 to 18 are supported."));
    if (server.version() > NEWEST_TRIED) {
      findings.add(
          Finding.warning(
              "version",
              "PostgreSQL " + server.version() + " is newer than what was tried.",
              "It should work; it was tried up to " + NEWEST_TRIED + ".",
              ""));
    }
  }

  private void log(List<Finding> findings) {
    if (!server.walLevel().equals("logical")) {
      findings.add(
          Finding.blocking(
              "wal-level",
              "wal_level is '" + server.walLevel() + "'.",
              "Changes can only be read from a log that is written for it.",
              provider.walLevelRemedy()));
    }
    long keep = settings.number("max_slot_wal_keep_size");
    findings.add(
        keep < 0
            ? Finding.info(
                "wal-keep",
                "max_slot_wal_keep_size is unlimited.",
                "A slot that nobody reads keeps WAL until the disk is full; watch the pipeline's"
                    + " status, or set a limit and accept a new copy when it is hit.")
            : Finding.info(
                "wal-keep",
                "max_slot_wal_keep_size is " + keep + " MB.",
                "A pipeline that stands still for more WAL than that needs a new copy."));
  }

  private void role(List<Finding> findings) {
    if (server.standby() && server.version() < 16) {
      findings.add(
          Finding.blocking(
              "standby",
              "The server is a standby.",
              "Standbys can be read from PostgreSQL 16 on.",
              "Connect to the primary"));
    } else if (server.standby()) {
      findings.add(
          Finding.warning(
              "standby",
              "The server is a standby.",
              "Capture from a standby works from PostgreSQL 16 on. It can make no publication: make it"
                  + " on the primary. Set hot_standby_feedback = on here.",
              "On the primary, whenever a copy begins here: SELECT pg_log_standby_snapshot();"));
    }
    if (server.encoding().equals("SQL_ASCII")) {
      findings.add(
          Finding.warning(
              "encoding",
              "The database's encoding is SQL_ASCII.",
              "The server checks no text. One that is not UTF-8 does not fit its column and goes by the"
                  + " option overflow: by default its bytes are kept in hexadecimal beside a null.",
              "Convert the database to UTF8 (dump and restore)"));
    }
  }

  private void timeouts(List<Finding> findings) {
    if (settings.number("idle_in_transaction_session_timeout") > 0) {
      findings.add(
          Finding.info(
              "idle-timeout",
              "idle_in_transaction_session_timeout is set.",
              "Our own sessions switch it off for themselves, since it would end a snapshot."));
    }
  }

  private void room(String setting, String used, List<Finding> findings) {
    long free = settings.number(setting) - settings.number(used);
    if (free < NEEDED) {
      findings.add(
          new Finding(
              free < 1 ? Finding.Severity.BLOCKING : Finding.Severity.WARNING,
              setting.replace('_', '-'),
              setting + " leaves " + Math.max(0, free) + " free.",
              "The stream needs one, and each copy of new tables one more for a moment.",
              "ALTER SYSTEM SET "
                  + setting
                  + " = "
                  + (settings.number(setting) + 10)
                  + "; and restart the server"));
    }
  }
}
