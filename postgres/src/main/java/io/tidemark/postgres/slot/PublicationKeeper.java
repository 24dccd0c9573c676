package io.tidemark.postgres.slot;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps two publications at the tables that are captured: one with everything of a table, one with
 * inserts and truncates only. An UPDATE of a table without a usable replica identity would be
 * refused by the server once its updates are published, so such tables only ever go to the second.
 */
public final class PublicationKeeper {
  private static final String LOCK_TIMEOUT = "SET lock_timeout = '3s'";

  private final String name;
  private final String insertsName;
  private final Keeping keeping;

  /** Who decides which tables are published. */
  public enum Keeping {
    /** This program, table by table. */
    LIST,
    /** This program, by FOR ALL TABLES. */
    ALL,
    /** Somebody else. */
    NOTHING
  }

  public PublicationKeeper(String name, String insertsName, Keeping keeping) {
    this.name = name;
    this.insertsName = insertsName;
    this.keeping = keeping;
  }

  /**
   * Makes the publications where they are missing. To be called before the slot exists, and not for
   * a copy that goes on: the server cannot decode what was written before its publication was made.
   *
   * @throws TidemarkException with the SQL to run where this role may not make the main one;
   *     without the second, its tables only wait
   */
  public void create(Connection connection, Catalog catalog) throws SQLException {
    boolean main = Publication.read(connection, name).isEmpty();
    boolean inserts =
        keeping == Keeping.LIST && Publication.read(connection, insertsName).isEmpty();
    if (main && keeping == Keeping.NOTHING) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot read from publication "
              + name
              + ": it does not exist. Run: "
              + createSql(connection, catalog, name, true)
              + ";");
    }
    List<String> statements = new ArrayList<>();
    if (main) {
      statements.add(createSql(connection, catalog, name, true));
    }
    if (inserts) {
      statements.add(createSql(connection, catalog, insertsName, false));
    }
    try {
      execute(connection, statements);
    } catch (SQLException e) {
      boolean standby = "25006".equals(e.getSQLState());
      if (!standby && !String.valueOf(e.getSQLState()).startsWith("42")) {
        throw e;
      }
      if (main) {
        throw notMade(e, standby, statements);
      }
    }
  }

  private TidemarkException notMade(SQLException e, boolean standby, List<String> statements) {
    return new TidemarkException(
        ErrorCode.SOURCE_NOT_READY,
        "Cannot create publication "
            + name
            + ": "
            + e.getMessage().lines().findFirst().orElse("")
            + (standby ? ". On the primary, as" : ". As")
            + " the tables' owner with CREATE on the database run: "
            + String.join("; ", statements)
            + ";",
        e);
  }

  /** The statements that make both publications, for somebody who may. */
  public List<String> createSql(Connection connection, Catalog catalog) throws SQLException {
    List<String> statements = new ArrayList<>();
    statements.add(createSql(connection, catalog, name, true));
    if (keeping != Keeping.ALL) {
      statements.add(createSql(connection, catalog, insertsName, false));
    }
    return statements;
  }

  /** The statement that makes one of the two publications with the tables that belong to it. */
  private String createSql(
      Connection connection, Catalog catalog, String publication, boolean everything)
      throws SQLException {
    String options = everything ? "insert, update, delete, truncate" : "insert, truncate";
    String with =
        " WITH (publish = '"
            + options
            + "'"
            + (connection.getMetaData().getDatabaseMajorVersion() >= 18
                ? ", publish_generated_columns = stored"
                : "")
            + ")";
    if (keeping == Keeping.ALL) {
      return "CREATE PUBLICATION " + Sql.name(publication) + " FOR ALL TABLES" + with;
    }
    String tables =
        wanted(catalog, everything).stream()
            .map(PublicationKeeper::entry)
            .collect(Collectors.joining(", "));
    return "CREATE PUBLICATION "
        + Sql.name(publication)
        + (tables.isEmpty() ? "" : " FOR TABLE " + tables)
        + with;
  }

  private static List<CatalogTable> wanted(Catalog catalog, boolean everything) {
    return catalog.tables().stream()
        .filter(table -> !table.unlogged())
        .filter(table -> catalog.identityUsable(table) == everything)
        .toList();
  }

  private static String entry(CatalogTable table) {
    // without ONLY the children of a plain table would come along
    return (table.partitioned() ? "" : "ONLY ") + Sql.name(table.name());
  }

  /**
   * Brings the lists up to the catalog, as far as this role may; tables that it may not add are
   * reported by {@link #current} as not published.
   *
   * @param ours the relations that are, or were, captured by this pipeline: tables that somebody
   *     else put into a publication stay there
   * @return what could not be done, as SQL for somebody who may; empty when all is well
   */
  public List<String> keep(Connection connection, Catalog catalog, Set<Integer> ours)
      throws SQLException {
    if (keeping != Keeping.LIST) {
      return List.of();
    }
    Optional<Publication> main = Publication.read(connection, name);
    Optional<Publication> inserts = Publication.read(connection, insertsName);
    List<String> statements = new ArrayList<>();
    main.ifPresent(publication -> changes(publication, catalog, true, ours, statements));
    inserts.ifPresent(publication -> changes(publication, catalog, false, ours, statements));
    List<String> undone = new ArrayList<>();
    for (String statement : statements) {
      try {
        execute(connection, List.of(statement));
      } catch (SQLException e) {
        if (e.getSQLState() == null || e.getSQLState().startsWith("08")) {
          throw e;
        }
        // a table that is gone again is the next look's matter
        if (!"42P01".equals(e.getSQLState())) {
          undone.add(statement);
        }
      }
    }
    return undone;
  }

  /** Tables are taken out before others are put in: a table must never be in both lists. */
  private static void changes(
      Publication publication,
      Catalog catalog,
      boolean everything,
      Set<Integer> ours,
      List<String> statements) {
    if (publication.allTables() || !publication.schemas().isEmpty()) {
      return;
    }
    List<CatalogTable> wanted = wanted(catalog, everything);
    // a table that is not selected any more goes too: it would be decoded for nothing, and its
    // owner's UPDATE would fail the day it loses its key
    publication
        .entries()
        .forEach(
            (oid, entry) -> {
              boolean known = ours.contains(oid) || catalog.relation(oid).isPresent();
              if (known && wanted.stream().noneMatch(table -> table.oid() == oid)) {
                statements.add(
                    0,
                    "ALTER PUBLICATION "
                        + Sql.name(publication.name())
                        + " DROP TABLE ONLY "
                        + entry.table());
              }
            });
    for (CatalogTable table : wanted) {
      if (!publication.entries().containsKey(table.oid())) {
        statements.add(
            "ALTER PUBLICATION " + Sql.name(publication.name()) + " ADD TABLE " + entry(table));
      }
    }
  }

  private static void execute(Connection connection, List<String> statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(LOCK_TIMEOUT);
      for (String sql : statements) {
        statement.execute(sql);
      }
    } finally {
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET lock_timeout = 0");
      }
    }
  }

  /** The publications that exist, as they are now. */
  public List<Publication> current(Connection connection) throws SQLException {
    List<Publication> found = new ArrayList<>();
    Publication.read(connection, name).ifPresent(found::add);
    if (keeping != Keeping.ALL) {
      Publication.read(connection, insertsName).ifPresent(found::add);
    }
    return found;
  }
}
