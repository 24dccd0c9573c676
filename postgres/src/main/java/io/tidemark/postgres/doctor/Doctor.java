package io.tidemark.postgres.doctor;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.SlotCheck;
import io.tidemark.postgres.slot.SlotState;
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
      new ServerChecks(server, settings, provider).examine(findings);
      new SessionChecks(config, connector, connection, server).examine(provider, findings);
      standbys(settings, findings);
      slot(connection, server, findings);
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

  /** What of the database no copy has, whatever it is made of; empty where all is captured. */
  public List<NotCaptured> notCaptured() {
    try (Connection connection = connector.sql()) {
      return NotCaptured.of(connection, config.tables());
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          "Cannot look for what is not captured at "
              + config.endpoint()
              + ": "
              + e.getMessage()
              + ". Check the server and the role's rights.",
          e);
    }
  }

  /** The same as findings, for the owner of a copy in a PostgreSQL. */
  public List<Finding> examineForMove() {
    try {
      return notCaptured().stream()
          .map(
              each ->
                  Finding.info(
                      "not-captured",
                      "Not in the copy: " + each.line() + ".",
                      "Who moves to the copy takes that over by other means."))
          .toList();
    } catch (TidemarkException e) {
      return List.of(); // the examination of the source says why
    }
  }

  private void standbys(Settings settings, List<Finding> findings) {
    if (settings.number("physical_slots") > 0) {
      findings.add(
          Finding.info(
              "standbys",
              "The server feeds standbys.",
              "After a failover the slot is gone, unless it is a failover slot (PostgreSQL 17,"
                  + " option slot.failover)."));
    }
  }

  private void slot(Connection connection, ServerInfo server, List<Finding> findings)
      throws SQLException {
    Optional<SlotState> slot = SlotState.read(connection, config.slot());
    if (slot.isEmpty()) {
      return;
    }
    try {
      SlotCheck.usable(slot.get(), server.database());
    } catch (TidemarkException e) {
      findings.add(
          Finding.blocking(
              "slot",
              e.getMessage(),
              "The log is read from it.",
              slot.get().isLost() ? "Drop it and begin a new copy: tidemark drop" : ""));
      return;
    }
    if (slot.get().retained() > config.limits().walBudget()) {
      findings.add(
          Finding.warning(
              "slot",
              "Slot " + config.slot() + " holds back " + (slot.get().retained() >> 20) + " MiB.",
              "The server's disk fills while nobody reads the slot.",
              "Run the pipeline, or drop the slot: tidemark drop"));
    }
  }

  private static void trigger(Connection connection, List<Finding> findings) throws SQLException {
    if (!EventTrigger.isThere(connection)) {
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

  static String one(Statement statement, String sql) throws SQLException {
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
