package io.tidemark.app.command;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.app.Setup;
import io.tidemark.app.Wiring;
import io.tidemark.app.cli.Answer;
import io.tidemark.app.cli.Command;
import io.tidemark.app.cli.ExitCode;
import io.tidemark.app.cli.Session;
import io.tidemark.engine.control.ControlClient;
import io.tidemark.postgres.PostgresConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark drop}: takes a pipeline's traces out of its database. */
@CommandLine.Command(
    name = "drop",
    description = {
      "Removes the replication slot and the publications of a pipeline from its database, after"
          + " asking. The copy stays.",
      "Without its slot a pipeline cannot go on: it would have to begin anew."
    },
    footerHeading = "%nExample:%n",
    footer = "  tidemark drop --config tidemark.yaml")
public final class DropCommand implements Command {
  @Mixin private PipelineChoice choice;

  @Option(names = "--yes", description = "Agree to what is asked.")
  private boolean yes;

  @Override
  public Answer run(Session session) throws SQLException {
    Wiring wiring = new Wiring(session.environment());
    Setup setup = choice.setup(wiring);
    if (ControlClient.find(setup.pipeline().dataDir()).isPresent()) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot drop what pipeline "
              + setup.pipeline().name()
              + " uses: it is running. Stop it first.");
    }
    PostgresConfig source = setup.source();
    try (Connection connection = wiring.database(setup).sql()) {
      List<String> found = found(connection, source);
      if (found.isEmpty()) {
        return Answer.ok("There is nothing to drop at " + source.endpoint() + ".")
            .with("dropped", found);
      }
      String question = "Drop " + String.join(", ", found) + " at " + source.endpoint() + "?";
      if (!session.confirm(question, yes)) {
        return new Answer(ExitCode.FAILED, List.of("Nothing was done."), Map.of());
      }
      drop(connection, source);
      return Answer.ok("Dropped " + String.join(", ", found) + " at " + source.endpoint() + ".")
          .with("dropped", found);
    }
  }

  private static List<String> found(Connection connection, PostgresConfig source)
      throws SQLException {
    List<String> found = new ArrayList<>();
    String sql =
        "SELECT 'slot ' || slot_name FROM pg_replication_slots"
            + " WHERE slot_name = ? AND database = current_database()"
            + " UNION ALL SELECT 'publication ' || pubname FROM pg_publication"
            + " WHERE pubname IN (?, ?) AND ? ORDER BY 1 DESC";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, source.slot());
      statement.setString(2, source.publication());
      statement.setString(3, source.insertsPublication());
      statement.setBoolean(4, ownsPublications(source));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
    }
    return found;
  }

  /** What somebody else made is theirs to drop. */
  private static boolean ownsPublications(PostgresConfig source) {
    return source.publicationMode() != PostgresConfig.PublicationMode.EXISTING;
  }

  private static void drop(Connection connection, PostgresConfig source) throws SQLException {
    try (PreparedStatement slot =
            connection.prepareStatement(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                    + " WHERE slot_name = ? AND database = current_database()");
        Statement statement = connection.createStatement()) {
      slot.setString(1, source.slot());
      slot.execute();
      if (ownsPublications(source)) {
        for (String name : List.of(source.publication(), source.insertsPublication())) {
          statement.execute("DROP PUBLICATION IF EXISTS \"" + name.replace("\"", "\"\"") + "\"");
        }
      }
    } catch (SQLException e) {
      throw new TidemarkException(
          "55006".equals(e.getSQLState()) ? ErrorCode.BUSY : ErrorCode.SOURCE_NOT_READY,
          "Cannot drop slot "
              + source.slot()
              + " and its publications at "
              + source.endpoint()
              + ": "
              + e.getMessage()
              + ". Stop what reads the slot, or ask the owner of the publications.",
          e);
    }
  }
}
