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
   * Drops the slot, and the publications where this program made them.
   *
   * @return what was dropped, in words
   * @throws TidemarkException BUSY where a pipeline still reads the slot
   */
  public List<String> drop() {
    return ask(
        connection -> {
          List<String> dropped = new ArrayList<>();
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
          try (Statement statement = connection.createStatement()) {
            if (slot.isPresent()) {
              statement.execute("SELECT pg_drop_replication_slot('" + config.slot() + "')");
              dropped.add("slot " + config.slot());
            }
            if (config.publicationMode() != PostgresConfig.PublicationMode.EXISTING) {
              for (String name : List.of(config.publication(), config.insertsPublication())) {
                Optional<Publication> publication = Publication.read(connection, name);
                if (publication.isPresent() && publication.get().owned()) {
                  statement.execute(publication.get().dropSql());
                  dropped.add("publication " + name);
                }
              }
            }
          }
          return dropped;
        });
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
