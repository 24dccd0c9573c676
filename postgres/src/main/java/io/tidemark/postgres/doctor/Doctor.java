package io.tidemark.postgres.doctor;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.SlotState;
import io.tidemark.postgres.slot.SourceIdentity;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Examines a database: whether it can be captured, and what its owner should know. Changes nothing.
 */
public final class Doctor {
  private static final int NEWEST_TRIED = 18;

  private final PostgresConfig config;
  private final Connector connector;

  /**
   * @param environment the process's environment variables
   */
  public Doctor(PostgresConfig config, Map<String, String> environment) {
    this.config = config;
    this.connector = new Connector(config.endpoint(), environment);
  }

  /** Everything that was found, worst first; never throws for what it examines. */
  public List<Finding> examine() {
    List<Finding> findings = new ArrayList<>();
    try (Connection connection = connector.sql()) {
      ServerInfo server = ServerInfo.read(connection);
      Settings settings = Settings.read(connection);
      Provider provider =
          Provider.recognise(
              config.endpoint().host(), server.versionText(), settings.roles(), settings.names());
      server(server, settings, provider, findings);
      pooler(connection, findings);
      role(connection, provider, findings);
      slot(connection, settings, findings);
      replication(provider, findings);
      Catalog catalog = CatalogReader.read(connection, config.tables());
      new TableChecks(config, server, catalog, connection).examine(findings);
      trigger(connection, findings);
    } catch (TidemarkException e) {
      findings.add(Finding.blocking("connection", e.getMessage(), "Nothing can be read.", ""));
    } catch (SQLException e) {
      findings.add(
          Finding.blocking(
              "connection",
              "The examination was broken off: " + e.getMessage(),
              "What follows was not looked at.",
              ""));
    }
    findings.sort(java.util.Comparator.comparing(Finding::severity));
    return List.copyOf(findings);
  }

  private static void server(
      ServerInfo server, Settings settings, Provider provider, List<Finding> findings) {
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
    if (!server.walLevel().equals("logical")) {
      findings.add(
          Finding.blocking(
              "wal-level",
              "wal_level is '" + server.walLevel() + "'.",
              "Changes can only be read from a log that is written for it.",
              provider.walLevelRemedy()));
    }
    if (server.standby()) {
      findings.add(
          Finding.warning(
              "standby",
              "The server is a standby.",
              "Capture from a standby works from PostgreSQL 16 on, but it can write no heartbeat and"
                  + " make no publication: make those on the primary.",
              "On the primary: SELECT pg_log_standby_snapshot(); when a slot is created here"));
    }
    if (server.encoding().equals("SQL_ASCII")) {
      findings.add(
          Finding.warning(
              "encoding",
              "The database's encoding is SQL_ASCII.",
              "The server checks no text; what is not UTF-8 cannot be copied as text.",
              "Convert the database to UTF8 (dump and restore)"));
    }
    room("max_replication_slots", settings, "slots_used", 2, findings);
    room("max_wal_senders", settings, "senders_used", 2, findings);
    if (settings.number("idle_in_transaction_session_timeout") > 0) {
      findings.add(
          Finding.info(
              "idle-timeout",
              "idle_in_transaction_session_timeout is set.",
              "Our own sessions switch it off for themselves, since it would end a snapshot."));
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

  private static void room(
      String setting, Settings settings, String used, int needed, List<Finding> findings) {
    long free = settings.number(setting) - settings.number(used);
    if (free < needed) {
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

  /** Behind a pooler in transaction mode, two statements may meet two servers' sessions. */
  private static void pooler(Connection connection, List<Finding> findings) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET tidemark.probe = 'here'");
      String probe = one(statement, "SELECT coalesce(current_setting('tidemark.probe', true), '')");
      int first = Integer.parseInt(one(statement, "SELECT pg_backend_pid()"));
      int driver = connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
      if (!probe.equals("here") || first != driver) {
        findings.add(
            Finding.blocking(
                "pooler",
                "A connection pooler stands between.",
                "Replication and snapshots need a session of their own at the server.",
                "Connect to the server's own address and port"));
      }
    }
  }

  private void role(Connection connection, Provider provider, List<Finding> findings)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      String role = one(statement, "SELECT quote_ident(current_user)");
      String may =
          one(
              statement,
              "SELECT rolreplication OR rolsuper OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname"
                  + " IN ('rds_replication', 'rds_superuser') AND pg_has_role(r.oid, 'USAGE'))"
                  + " FROM pg_roles WHERE rolname = current_user");
      if (!may.equals("t")) {
        findings.add(
            Finding.blocking(
                "role",
                "Role " + role + " may not replicate.",
                "Reading the log needs that right.",
                provider.replicationRemedy(role) + ";"));
      }
    }
  }

  private void slot(Connection connection, Settings settings, List<Finding> findings)
      throws SQLException {
    Optional<SlotState> slot = SlotState.read(connection, config.slot());
    if (slot.isEmpty()) {
      return;
    }
    if (!slot.get().plugin().equals("pgoutput")) {
      findings.add(
          Finding.blocking(
              "slot",
              "Slot " + config.slot() + " has plugin '" + slot.get().plugin() + "'.",
              "Only pgoutput is read.",
              "Choose another name with the option slot"));
    } else if (slot.get().isLost()) {
      findings.add(
          Finding.blocking(
              "slot",
              "Slot " + config.slot() + " is lost.",
              "The server has thrown away WAL that was not captured yet.",
              "Drop it and begin a new copy: tidemark drop"));
    } else if (slot.get().retained() > config.limits().walBudget()) {
      findings.add(
          Finding.warning(
              "slot",
              "Slot " + config.slot() + " holds back " + (slot.get().retained() >> 20) + " MiB.",
              "The server's disk fills while nobody reads the slot.",
              "Run the pipeline, or drop the slot: tidemark drop"));
    }
    if (settings.number("physical_slots") > 0) {
      findings.add(
          Finding.info(
              "standbys",
              "The server feeds standbys.",
              "After a failover the slot is gone, unless it is a failover slot (PostgreSQL 17,"
                  + " option slot.failover)."));
    }
  }

  private void replication(Provider provider, List<Finding> findings) {
    try (Connection replication = connector.replication()) {
      SourceIdentity.read(replication, config.slot());
    } catch (TidemarkException e) {
      findings.add(
          Finding.blocking(
              "replication",
              e.getMessage(),
              "The log is read through such a connection.",
              provider.replicationRemedy(config.endpoint().user()) + ";"));
    } catch (SQLException e) {
      findings.add(
          Finding.blocking(
              "replication",
              "A replication connection does not answer: " + e.getMessage(),
              "The log is read through such a connection.",
              "Connect to the server itself, not to a pooler"));
    }
  }

  private static void trigger(Connection connection, List<Finding> findings) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (one(statement, "SELECT count(*) FROM pg_event_trigger WHERE evtname = 'tidemark_ddl'")
          .equals("0")) {
        findings.add(
            new Finding(
                Finding.Severity.INFO,
                "exact-ddl",
                "The event trigger for exact schema changes is not there.",
                "Without it a rename cannot always be told from drop and add, and a change without"
                    + " rows after it is seen some seconds late.",
                EventTrigger.sql()));
      }
    }
  }

  static String one(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
