package io.tidemark.postgres.slot;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogTable;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps two publications at the tables that are captured: one with everything of a table, one with
 * inserts and truncates only. An UPDATE of a table without a usable replica identity would be
 * refused by the server once its updates are published, so such tables only ever go to the second.
 */
public final class PublicationKeeper {
  private static final String LOCK_TIMEOUT = "SET lock_timeout = '3s'";

  /** A lock that is held, a deadlock, a table that went after it was looked up. */
  private static final Set<String> PASSING = Set.of("55P03", "40P01", "42P01", "3F000");

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
   * @param connection of which the lock_timeout is left at some seconds
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
    if (main) {
      String sql = createSql(connection, catalog, name, true);
      try {
        execute(connection, sql);
      } catch (SQLException e) {
        throw notMade(
            e, inserts ? sql + "; " + createSql(connection, catalog, insertsName, false) : sql);
      }
    }
    if (inserts) {
      try {
        execute(connection, createSql(connection, catalog, insertsName, false));
      } catch (SQLException e) {
        if (ServerWords.state(e).startsWith("08")) {
          throw e;
        }
        // its tables wait, and say what for
      }
    }
  }

  private RuntimeException notMade(SQLException e, String sql) throws SQLException {
    String state = ServerWords.state(e);
    String what = "Cannot create publication " + name + ": " + ServerWords.of(e);
    if (PASSING.contains(state)) {
      return new TidemarkException(
          ErrorCode.SOURCE_UNREACHABLE,
          what + ". A table is locked, or has just gone; trying again.",
          e);
    }
    boolean standby = "25006".equals(state);
    if (!standby && !state.startsWith("42")) {
      throw e;
    }
    return new TidemarkException(
        ErrorCode.SOURCE_NOT_READY,
        what
            + (standby ? ". On the primary, as" : ". As")
            + " the tables' owner with CREATE on the database run: "
            + sql
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
   * What brings the lists up to the catalog.
   *
   * @param current the publications as they are now
   * @param ours the relations that are, or were, captured by this pipeline: tables that somebody
   *     else put into a publication stay there
   * @return SQL, in the order in which it has to be run
   */
  public List<String> changes(List<Publication> current, Catalog catalog, Set<Integer> ours) {
    List<String> statements = new ArrayList<>();
    if (keeping == Keeping.LIST) {
      for (Publication publication : current) {
        changes(publication, catalog, publication.name().equals(name), ours, statements);
      }
    }
    return statements;
  }

  /**
   * What could not be done to a publication.
   *
   * @param statement for somebody who may
   * @param reason what the server said
   * @param passing whether it is tried again by itself and may then succeed
   */
  public record Undone(String statement, String reason, boolean passing) {}

  /**
   * Runs what {@link #changes} gave, as far as this role may; a table that it may not add is not in
   * {@link #current} afterwards. Waits some seconds at most for each table that is locked.
   *
   * @return what could not be done; empty when all is well
   */
  public static List<Undone> alter(Connection connection, List<String> statements)
      throws SQLException {
    List<Undone> undone = new ArrayList<>();
    for (String statement : statements) {
      try {
        execute(connection, statement);
      } catch (SQLException e) {
        String state = ServerWords.state(e);
        if (state.isEmpty() || state.startsWith("08") || state.startsWith("57")) {
          throw e;
        }
        // a table that is gone again is the next look's matter
        if (!"42P01".equals(state)) {
          undone.add(new Undone(statement, ServerWords.of(e), PASSING.contains(state)));
        }
      }
    }
    return undone;
  }

  /**
   * Has the server publish partitions that came to a published table with rows. Before 15 it goes
   * on leaving out the changes of a relation that it once met as none of the publication's, until
   * the publication's list changes; so the list changes and is as before.
   *
   * @param publication the one that has the partitions' root
   * @return SQL that this role may not run; empty when all is well
   */
  public List<String> renew(
      Connection connection, String publication, Collection<TableName> partitions)
      throws SQLException {
    if (keeping == Keeping.ALL || connection.getMetaData().getDatabaseMajorVersion() >= 15) {
      return List.of();
    }
    List<String> undone = new ArrayList<>();
    for (TableName partition : partitions) {
      String alter = "ALTER PUBLICATION " + Sql.name(publication);
      String sql =
          "%1$s ADD TABLE ONLY %2$s; %1$s DROP TABLE ONLY %2$s"
              .formatted(alter, Sql.name(partition));
      try {
        execute(connection, "BEGIN; " + sql + "; COMMIT");
      } catch (SQLException e) {
        try (Statement statement = connection.createStatement()) {
          statement.execute("ROLLBACK");
        }
        if ("42501".equals(e.getSQLState())) {
          undone.add(sql);
        } else if (!"42P01".equals(e.getSQLState())) {
          throw e;
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

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(LOCK_TIMEOUT);
      statement.execute(sql);
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
