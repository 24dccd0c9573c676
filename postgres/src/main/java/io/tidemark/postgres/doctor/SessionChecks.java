package io.tidemark.postgres.doctor;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.SourceIdentity;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** What our sessions can do: whether they reach the server itself, and with which rights. */
final class SessionChecks {
  private final PostgresConfig config;
  private final Connector connector;
  private final Connection connection;
  private final ServerInfo server;

  SessionChecks(
      PostgresConfig config, Connector connector, Connection connection, ServerInfo server) {
    this.config = config;
    this.connector = connector;
    this.connection = connection;
    this.server = server;
  }

  void examine(Provider provider, List<Finding> findings) throws SQLException {
    pooler(findings);
    role(provider, findings);
    replication(provider, findings);
    anchor(findings);
  }

  /** Behind a pooler in transaction mode, two statements may meet two servers' sessions. */
  private void pooler(List<Finding> findings) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET tidemark.probe = 'here'");
      String probe =
          Doctor.one(statement, "SELECT coalesce(current_setting('tidemark.probe', true), '')");
      int first = Integer.parseInt(Doctor.one(statement, "SELECT pg_backend_pid()"));
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

  private void role(Provider provider, List<Finding> findings) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      String role = Doctor.one(statement, "SELECT quote_ident(current_user)");
      String may =
          Doctor.one(
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

  private void replication(Provider provider, List<Finding> findings) {
    try (Connection replication = connector.replication()) {
      SourceIdentity.read(replication, config.slot());
    } catch (TidemarkException e) {
      findings.add(
          Finding.blocking(
              "replication",
              e.getMessage(),
              "The log is read through such a connection.",
              isRight(e)
                  ? provider.replicationRemedy(Sql.name(config.endpoint().user())) + ";"
                  : ""));
    } catch (SQLException e) {
      findings.add(
          Finding.blocking(
              "replication",
              "A replication connection does not answer: " + e.getMessage(),
              "The log is read through such a connection.",
              "Connect to the server itself, not to a pooler"));
    }
  }

  private static boolean isRight(TidemarkException e) {
    return e.getCause() instanceof SQLException cause && ServerWords.state(cause).equals("42501");
  }

  /** Without messages of ours in the log, a restored clone of the server may not be noticed. */
  private void anchor(List<Finding> findings) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      String closed =
          Doctor.one(
              statement,
              "SELECT coalesce(string_agg('GRANT EXECUTE ON FUNCTION ' || oid::regprocedure ||"
                  + " ' TO ' || quote_ident(current_user) || ';', ' '), '') FROM pg_proc"
                  + " WHERE proname = 'pg_logical_emit_message'"
                  + " AND NOT has_function_privilege(oid, 'EXECUTE')");
      if (server.standby() || !closed.isEmpty()) {
        findings.add(
            Finding.warning(
                "anchor",
                server.standby()
                    ? "No anchor can be written into the log of a standby."
                    : "This role may not write an anchor into the log.",
                "Positions, timeline and system identifier are compared, but a clone of the server"
                    + " that ran on by itself beyond the tidemark is not noticed.",
                closed));
      }
    }
  }
}
