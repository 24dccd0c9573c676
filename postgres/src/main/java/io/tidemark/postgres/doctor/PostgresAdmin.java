package io.tidemark.postgres.doctor;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Lsn;
import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.slot.Publication;
import io.tidemark.postgres.slot.SlotState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What commands do at the source while no pipeline runs. Each call has a connection of its own. */
public final class PostgresAdmin {
  private static final String TRIGGERS =
      "SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'tidemark\\_%'";

  private final PostgresConfig config;
  private final Connector connector;

  /**
   * @param environment the process's environment variables
   */
  public PostgresAdmin(PostgresConfig config, Map<String, String> environment) {
    this.config = config;
    this.connector = new Connector(config.endpoint(), environment);
  }

  /**
   * The slot and the end of the log.
   *
   * @param slot empty where there is none
   * @param head end of the log
   */
  public record SlotStatus(Optional<SlotState> slot, Lsn head) {}

  /** How the slot stands. */
  public SlotStatus slot() {
    return ask(
        connection ->
            new SlotStatus(
                SlotState.read(connection, config.slot()), ServerInfo.walEnd(connection)));
  }

  /** The selected tables by name. */
  public List<TableListing> tables() {
    return ask(
        connection -> {
          Catalog catalog = CatalogReader.read(connection, config.tables());
          return catalog.tables().stream()
              .map(
                  table ->
                      new TableListing(
                          table.name(),
                          catalog.leaves(table).stream().mapToLong(leaf -> leaf.rows()).sum(),
                          table.columns().size(),
                          catalog.identityUsable(table)))
              .toList();
        });
  }

  /**
   * What a drop did.
   *
   * @param dropped what is gone, in words
   * @param left what stays, each with the reason or with the SQL that removes it
   */
  public record Dropped(List<String> dropped, List<String> left) {
    public Dropped {
      dropped = List.copyOf(dropped);
      left = List.copyOf(left);
    }
  }

  /**
   * Drops the slot, and the publications where this role owns them.
   *
   * @throws TidemarkException BUSY where a pipeline still reads the slot
   */
  public Dropped drop() {
    return ask(
        connection -> {
          List<String> dropped = new ArrayList<>();
          List<String> left = new ArrayList<>();
          try (Statement statement = connection.createStatement()) {
            dropSlot(connection, statement, dropped);
            for (String name : List.of(config.publication(), config.insertsPublication())) {
              Optional<Publication> publication = Publication.read(connection, name);
              if (publication.isPresent()) {
                dropPublication(publication.get(), statement, dropped, left);
              }
            }
            if (!Doctor.one(statement, TRIGGERS).equals("0")) {
              left.add("the event triggers: DROP SCHEMA tidemark CASCADE;");
            }
          }
          return new Dropped(dropped, left);
        });
  }

  private void dropSlot(Connection connection, Statement statement, List<String> dropped)
      throws SQLException {
    Optional<SlotState> slot = SlotState.read(connection, config.slot());
    if (slot.isPresent() && slot.get().activePid() != 0) {
      throw new TidemarkException(
          ErrorCode.BUSY,
          "Cannot drop slot "
              + config.slot()
              + ": process "
              + slot.get().activePid()
              + " of the server is reading it. Stop the pipeline first.");
    }
    if (slot.isPresent()) {
      refuseForeign(connection, slot.get());
      statement.execute("SELECT pg_drop_replication_slot('" + config.slot() + "')");
      dropped.add("slot " + config.slot());
    }
  }

  /** A slot of that name may be a standby's, or of another program. */
  private static void refuseForeign(Connection connection, SlotState slot) throws SQLException {
    String database = ServerInfo.read(connection).database();
    if (!slot.plugin().equals("pgoutput") || !slot.database().equals(database)) {
      throw new TidemarkException(
          ErrorCode.CONFIGURATION,
          "Cannot drop slot "
              + slot.name()
              + ": it has plugin '"
              + slot.plugin()
              + "' and belongs to database '"
              + slot.database()
              + "', so it is not one of ours. Check the option slot.");
    }
  }

  private void dropPublication(
      Publication publication, Statement statement, List<String> dropped, List<String> left)
      throws SQLException {
    String what = "publication " + publication.name();
    if (config.publicationMode() == PostgresConfig.PublicationMode.EXISTING) {
      left.add(what + ": publication.mode is existing, so it is somebody else's");
    } else if (publication.owned()) {
      statement.execute(publication.dropSql());
      dropped.add(what);
    } else {
      left.add(
          what + ": this role does not own it; its owner may run " + publication.dropSql() + ";");
    }
  }

  private interface Question<T> {
    T ask(Connection connection) throws SQLException;
  }

  private <T> T ask(Question<T> question) {
    try (Connection connection = connector.sql()) {
      return question.ask(connection);
    } catch (SQLException e) {
      throw new TidemarkException(
          "42501".equals(e.getSQLState())
              ? ErrorCode.SOURCE_NOT_READY
              : ErrorCode.SOURCE_UNREACHABLE,
          "Cannot ask " + config.endpoint() + ": " + e.getMessage() + ". Check the role's rights.",
          e);
    }
  }
}
