package io.tidemark.postgres.doctor;

import io.tidemark.postgres.PostgresConfig;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogColumn;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.ServerInfo;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.slot.Publication;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What stands against the capture of single tables. */
final class TableChecks {
  private static final int SHOWN = 50;

  private final PostgresConfig config;
  private final ServerInfo server;
  private final Catalog catalog;
  private final Connection connection;

  TableChecks(PostgresConfig config, ServerInfo server, Catalog catalog, Connection connection) {
    this.config = config;
    this.server = server;
    this.catalog = catalog;
    this.connection = connection;
  }

  void examine(List<Finding> findings) throws SQLException {
    findings.add(
        catalog.tables().isEmpty()
            ? Finding.warning(
                "tables",
                "No table is selected.",
                "There is nothing to capture.",
                "Check tables.include and tables.exclude")
            : Finding.info(
                "tables", catalog.tables().size() + " tables are selected.", "They are copied."));
    rights(findings);
    identity(findings);
    generated(findings);
    List<CatalogTable> unlogged = tables(CatalogTable::unlogged);
    if (!unlogged.isEmpty()) {
      findings.add(
          Finding.warning(
              "unlogged",
              names(unlogged) + " unlogged.",
              "Their changes are not in the log; they are left out.",
              statements(unlogged, table -> "ALTER TABLE " + table + " SET LOGGED")));
    }
    publication(findings);
  }

  private void rights(List<Finding> findings) throws SQLException {
    String role;
    try (Statement statement = connection.createStatement()) {
      role = Doctor.one(statement, "SELECT quote_ident(current_user)");
    }
    List<CatalogTable> closed = relations(relation -> !relation.readable());
    if (!closed.isEmpty()) {
      findings.add(
          Finding.blocking(
              "select",
              names(closed) + " not readable by role " + role + ".",
              "The copy reads every row.",
              closed.stream()
                      .map(table -> Sql.name(table.name().schema()))
                      .distinct()
                      .map(schema -> "GRANT USAGE ON SCHEMA " + schema + " TO " + role + "; ")
                      .collect(Collectors.joining())
                  + statements(closed, table -> "GRANT SELECT ON " + table + " TO " + role)));
    }
    List<CatalogTable> hidden = relations(CatalogTable::rowSecurity);
    if (!hidden.isEmpty()) {
      findings.add(
          Finding.blocking(
              "row-security",
              names(hidden) + " under row-level security.",
              "A policy would hide rows from the copy that the log shows; the copy fails instead.",
              "ALTER ROLE " + role + " BYPASSRLS;"));
    }
  }

  private void identity(List<Finding> findings) {
    List<CatalogTable> without =
        tables(table -> !table.unlogged() && !catalog.identityUsable(table));
    if (!without.isEmpty()) {
      findings.add(
          Finding.warning(
              "identity",
              names(without) + " without a usable replica identity.",
              "Publishing their updates would make the owner's UPDATE fail, so only inserts and"
                  + " truncates are captured.",
              without.stream()
                  .flatMap(table -> catalog.leaves(table).stream())
                  .filter(leaf -> !leaf.identityUsable())
                  .limit(SHOWN)
                  .map(leaf -> "ALTER TABLE " + Sql.name(leaf.name()) + " REPLICA IDENTITY FULL;")
                  .collect(Collectors.joining(" "))));
    }
  }

  private void generated(List<Finding> findings) throws SQLException {
    List<CatalogTable> some = tables(table -> table.columns().stream().anyMatch(this::comesNever));
    if (!some.isEmpty()) {
      findings.add(
          Finding.warning(
              "generated",
              names(some) + " with generated columns that are not in the log.",
              "PostgreSQL publishes stored generated columns from version 18 on, virtual ones"
                  + " never; these columns are left out of the copy.",
              ""));
    }
    if (server.version() >= 18) {
      withoutGenerated(findings);
    }
  }

  /** A publication leaves generated columns out unless it was told otherwise. */
  private void withoutGenerated(List<Finding> findings) throws SQLException {
    for (String name : List.of(config.publication(), config.insertsPublication())) {
      Optional<Publication> publication = Publication.read(connection, name);
      List<CatalogTable> some =
          publication.isEmpty() || publication.get().generated()
              ? List.of()
              : tables(table -> leavesGeneratedOut(publication.get(), table));
      if (!some.isEmpty()) {
        findings.add(
            Finding.warning(
                "generated-publication",
                names(some) + " with generated columns that publication " + name + " leaves out.",
                "Stored generated columns come only from a publication that says so; these columns"
                    + " are left out of the copy.",
                "ALTER PUBLICATION "
                    + Sql.name(name)
                    + " SET (publish_generated_columns = stored);"));
      }
    }
  }

  private static boolean leavesGeneratedOut(Publication publication, CatalogTable table) {
    return publication
        .published(table.oid(), table.name().schema())
        .filter(published -> published.columns().isEmpty())
        .filter(
            published ->
                table.columns().stream().anyMatch(column -> column.generated().equals("s")))
        .isPresent();
  }

  private boolean comesNever(CatalogColumn column) {
    return column.isGenerated() && (server.version() < 18 || column.generated().equals("v"));
  }

  private void publication(List<Finding> findings) throws SQLException {
    Optional<Publication> found = Publication.read(connection, config.publication());
    if (found.isEmpty()) {
      mayPublish(findings);
      return;
    }
    if (found.get().viaRoot()) {
      findings.add(
          Finding.warning(
              "via-root",
              "Publication " + config.publication() + " publishes via the partition root.",
              "Rows do not say which partition they are in, and TRUNCATE, ATTACH, DETACH and DROP of"
                  + " a single partition cannot be followed.",
              "ALTER PUBLICATION "
                  + Sql.name(config.publication())
                  + " SET (publish_via_partition_root = false);"));
    }
    List<CatalogTable> missing =
        tables(
            table ->
                !table.unlogged()
                    && catalog.identityUsable(table)
                    && found.get().published(table.oid(), table.name().schema()).isEmpty());
    boolean existing = config.publicationMode() == PostgresConfig.PublicationMode.EXISTING;
    if (!missing.isEmpty() && (existing || !found.get().owned() || !owns(missing))) {
      findings.add(
          Finding.warning(
              "publication",
              names(missing) + " not in publication " + config.publication() + ".",
              existing
                  ? "With publication.mode existing it is never altered, and they wait."
                  : "Only who owns both the publication and the table can add it.",
              statements(
                  missing,
                  table ->
                      "ALTER PUBLICATION "
                          + Sql.name(config.publication())
                          + " ADD TABLE "
                          + table)));
    }
  }

  private void mayPublish(List<Finding> findings) throws SQLException {
    switch (config.publicationMode()) {
      case EXISTING ->
          findings.add(
              Finding.blocking(
                  "publication",
                  "Publication " + config.publication() + " does not exist.",
                  "With publication.mode existing it is made by somebody else.",
                  publicationSql()));
      case ALL -> {
        if (!holds("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) {
          findings.add(
              Finding.blocking(
                  "publication",
                  "This role cannot create publication " + config.publication() + ".",
                  "A publication of all tables is a superuser's to make.",
                  publicationSql()));
        }
      }
      case LIST -> {
        if (!holds("SELECT has_database_privilege(current_database(), 'CREATE')")
            || !owns(tables(table -> !table.unlogged()))) {
          findings.add(
              Finding.blocking(
                  "publication",
                  "This role cannot create publication " + config.publication() + ".",
                  "It needs CREATE on the database and has to own the tables.",
                  publicationSql()));
        }
      }
    }
  }

  private boolean holds(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return Doctor.one(statement, sql).equals("t");
    }
  }

  private boolean owns(List<CatalogTable> tables) throws SQLException {
    String oids =
        tables.stream()
            .map(table -> Integer.toUnsignedString(table.oid()))
            .collect(Collectors.joining(", "));
    return oids.isEmpty()
        || holds(
            "SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid IN ("
                + oids
                + ")");
  }

  private String publicationSql() throws SQLException {
    return config.publicationKeeper().createSql(connection, catalog).stream()
        .map(statement -> statement + ";")
        .collect(Collectors.joining(" "));
  }

  /** What the copy reads: the partitions of a partitioned table, not the table. */
  private List<CatalogTable> relations(Predicate<CatalogTable> condition) {
    return catalog.tables().stream()
        .filter(table -> !table.unlogged())
        .flatMap(table -> catalog.leaves(table).stream())
        .filter(condition)
        .toList();
  }

  private List<CatalogTable> tables(Predicate<CatalogTable> condition) {
    return catalog.tables().stream().filter(condition).toList();
  }

  /** {@code Table a is}, or {@code Tables a, b are}. */
  private static String names(List<CatalogTable> tables) {
    String list =
        tables.stream()
            .limit(SHOWN)
            .map(table -> table.name().toString())
            .collect(Collectors.joining(", "));
    String more = tables.size() > SHOWN ? " and " + (tables.size() - SHOWN) + " more" : "";
    return tables.size() == 1 ? "Table " + list + " is" : "Tables " + list + more + " are";
  }

  private static String statements(
      List<CatalogTable> tables, java.util.function.UnaryOperator<String> statement) {
    return tables.stream()
        .limit(SHOWN)
        .map(table -> statement.apply(Sql.name(table.name())) + ";")
        .collect(Collectors.joining(" "));
  }
}
