package io.tidemark.postgres.sink;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.connect.Endpoint;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What a failure of the target means, by its SQLSTATE (the manual's appendix A). */
final class TargetFailure {
  private final Endpoint endpoint;

  TargetFailure(Endpoint endpoint) {
    this.endpoint = endpoint;
  }

  /** Whether the connection is of no use any more, and with it all that was staged. */
  static boolean isLost(SQLException e) {
    String state = ServerWords.state(e);
    return state.startsWith("08") || state.startsWith("57P") || state.isEmpty();
  }

  /** Whether the same may go well later. */
  static boolean isPassing(SQLException e) {
    String state = ServerWords.state(e);
    return state.startsWith("53")
        || state.startsWith("40")
        || state.equals("55P03")
        || state.equals("57014");
  }

  /** Whether rows themselves were refused. */
  static boolean isOfRows(SQLException e) {
    String state = ServerWords.state(e);
    return state.startsWith("22") || state.startsWith("23");
  }

  /** A failure while rows of a table were staged; nothing of their batch was. */
  SinkException staging(TableName table, SQLException e) {
    return isOfRows(e) ? rejected(table, e) : ofServer("stage rows of " + table, e);
  }

  /** Rows that the copy's types cannot hold. */
  SinkException.Rejected rejected(TableName table, SQLException e) {
    return new SinkException.Rejected(
        table,
        "Cannot write rows of "
            + table
            + " to "
            + endpoint
            + ": "
            + ServerWords.of(e)
            + at(e)
            + ". Look at the type of the copy's column.",
        e);
  }

  /** Why a row is refused that the types can hold. */
  SinkException.Rejected constraint(TableName table, SQLException e) {
    return new SinkException.Rejected(
        table,
        "Cannot apply a row of "
            + table
            + " at "
            + endpoint
            + ": "
            + ServerWords.of(e)
            + at(e)
            + ". Mend the row at the source, or drop what refuses it in the copy.",
        e);
  }

  /** Why a row is refused that changes one which was refused before it. */
  SinkException.Rejected unfounded(TableName table, TidemarkException e) {
    return new SinkException.Rejected(
        table,
        "Cannot apply a row of "
            + table
            + " at "
            + endpoint
            + ": it changes a row that is not in the copy, and rows of the table were refused before"
            + " it. Mend what refuses those, and replay all of them.",
        e);
  }

  /** The table that the server names; empty where it names none. */
  static Optional<TableName> table(SQLException e) {
    return said(e)
        .filter(words -> words.getSchema() != null && words.getTable() != null)
        .map(words -> new TableName(words.getSchema(), words.getTable()));
  }

  /** What a statement of ours has raised. */
  static String words(SQLException e) {
    return said(e).map(ServerErrorMessage::getMessage).orElse("");
  }

  private static Optional<ServerErrorMessage> said(SQLException e) {
    return e instanceof PSQLException known
        ? Optional.ofNullable(known.getServerErrorMessage())
        : Optional.empty();
  }

  /** A failure of anything else; where the connection is alive, nothing has happened. */
  SinkException ofServer(String what, SQLException e) {
    String words = "Cannot " + what + " at " + endpoint + ": " + ServerWords.of(e) + ".";
    if (isLost(e)) {
      return new SinkException.OutcomeUnknown(words, e);
    }
    if (isPassing(e)) {
      return new SinkException.Retryable(words, e);
    }
    throw refused(what, e);
  }

  private TidemarkException refused(String what, SQLException e) {
    String remedy =
        isOfRows(e)
            ? "A constraint or index of your own that the source does not have must hold for all its"
                + " rows, at the end of each statement; drop it or make it deferrable"
            : ServerWords.state(e).equals("42501")
                ? "Grant the right to the role, or let it own the table"
                : "Mend the cause and start again";
    return new TidemarkException(
        ErrorCode.DESTINATION_REFUSED,
        "Cannot "
            + what
            + " at "
            + endpoint
            + ": "
            + ServerWords.of(e)
            + at(e)
            + ". "
            + remedy
            + ".",
        e);
  }

  /** Where the server says it was, in names alone. */
  private static String at(SQLException e) {
    Optional<ServerErrorMessage> said = said(e);
    StringBuilder names = new StringBuilder();
    said.map(ServerErrorMessage::getTable).ifPresent(name -> names.append(", table ").append(name));
    said.map(ServerErrorMessage::getColumn)
        .ifPresent(name -> names.append(", column ").append(name));
    said.map(ServerErrorMessage::getConstraint)
        .ifPresent(name -> names.append(", constraint ").append(name));
    return names.toString();
  }

  /** Nothing is made up: what should be there and is not means that the copy is not ours. */
  static TidemarkException changed(String table, String reason) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot apply changes to "
            + table
            + ": "
            + reason
            + ". Somebody else has changed the table; copy it again.");
  }
}
