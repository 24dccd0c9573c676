package io.tidemark.postgres.connect;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.catalog.Sql;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import javax.net.ssl.SSLException;

/** Says why a connection could not be opened and what to do about it. */
final class ConnectFailure {
  private ConnectFailure() {}

  static TidemarkException explained(Endpoint endpoint, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return switch (state) {
      case "28P01" ->
          notReady(
              endpoint,
              e,
              "the password was refused",
              "Check password, password-file, PGPASSWORD or ~/.pgpass");
      case "08004" ->
          notReady(
              endpoint,
              e,
              "the server asks for a password and none is known: " + firstLine(e),
              "Set password-file, PGPASSWORD or ~/.pgpass");
      case "28000" ->
          notReady(
              endpoint,
              e,
              "the server does not let this role in: " + firstLine(e),
              "Check the role, and that pg_hba.conf has a line for it (for the database itself;"
                  + " logical replication needs no 'replication' line), with TLS if it asks for"
                  + " hostssl");
      case "3D000" ->
          notReady(
              endpoint,
              e,
              "there is no database '" + endpoint.database() + "'",
              "Check the option database");
      case "42704", "0A000", "22023", "08P01" ->
          notReady(
              endpoint,
              e,
              "the server refused the session: " + firstLine(e),
              "Where a connection pooler stands between, connect to the server itself:"
                  + " replication does not go through a pooler");
      case "53300" ->
          unreachable(
              endpoint,
              e,
              "the server has no connection left",
              "Raise max_connections (or max_wal_senders for replication), or close others");
      case "57P03", "57P01", "57P02" ->
          unreachable(
              endpoint, e, "the server is starting up or shutting down", "Try again shortly");
      case "42501" ->
          notReady(
              endpoint,
              e,
              "the role lacks a right: " + firstLine(e),
              "Run: ALTER ROLE "
                  + Sql.name(endpoint.user())
                  + " REPLICATION (on managed services grant"
                  + " their replication role)");
      default -> byCause(endpoint, e);
    };
  }

  private static TidemarkException byCause(Endpoint endpoint, SQLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnknownHostException) {
        return unreachable(
            endpoint, e, "the host name '" + endpoint.host() + "' is not known", "Check the host");
      }
      if (cause instanceof SSLException
          || cause instanceof java.security.cert.CertificateException) {
        return notReady(
            endpoint,
            e,
            "TLS failed: " + firstLine(cause),
            "Check sslmode (now "
                + endpoint.tls().mode()
                + "), and that ssl.root-cert names the authority that signed the server's"
                + " certificate");
      }
      if (cause instanceof SocketTimeoutException) {
        return unreachable(
            endpoint,
            e,
            "no answer within " + endpoint.connectTimeout().toSeconds() + " s",
            "Check host and port, and that no firewall drops the packets");
      }
      if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
        return unreachable(
            endpoint,
            e,
            "nothing listens there (" + firstLine(cause) + ")",
            "Check host and port, that the server runs and that listen_addresses lets others in");
      }
    }
    if (e.getMessage() != null && e.getMessage().contains("hostnameverifier")) {
      return notReady(
          endpoint,
          e,
          "the server's certificate is for another host than '" + endpoint.host() + "'",
          "Let host be the name that the certificate bears (or, where the network cannot be"
              + " listened to, set sslmode to verify-ca)");
    }
    if (e.getMessage() != null
        && (e.getMessage().contains("SSL") || e.getMessage().contains("private key"))) {
      return notReady(
          endpoint,
          e,
          firstLine(e),
          "Check sslmode (now " + endpoint.tls().mode() + "), ssl.root-cert, ssl.cert and ssl.key");
    }
    return unreachable(endpoint, e, firstLine(e), "Check the connection's options");
  }

  private static TidemarkException notReady(
      Endpoint endpoint, SQLException e, String reason, String remedy) {
    return failure(ErrorCode.SOURCE_NOT_READY, endpoint, e, reason, remedy);
  }

  private static TidemarkException unreachable(
      Endpoint endpoint, SQLException e, String reason, String remedy) {
    return failure(ErrorCode.SOURCE_UNREACHABLE, endpoint, e, reason, remedy);
  }

  private static TidemarkException failure(
      ErrorCode code, Endpoint endpoint, SQLException e, String reason, String remedy) {
    return new TidemarkException(
        code, "Cannot connect to " + endpoint + ": " + reason + ". " + remedy + ".", e);
  }

  private static String firstLine(Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return message.lines().findFirst().orElse("").strip().replaceAll("\\.$", "");
  }
}
