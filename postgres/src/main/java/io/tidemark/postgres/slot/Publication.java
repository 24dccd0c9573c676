package io.tidemark.postgres.slot;

import io.tidemark.postgres.catalog.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A publication as the catalog holds it.
 *
 * @param oid pg_publication.oid: another one when it was dropped and made again
 * @param name its name
 * @param owned whether this role may alter it
 * @param allTables FOR ALL TABLES
 * @param publishes letters of what it publishes, of {@code iudt}
 * @param viaRoot whether rows of partitions come under their root's name
 * @param generated whether stored generated columns are published (PostgreSQL 18 and newer)
 * @param touched pg_publication.xmin: another one after every change of its options, also of one
 *     that was taken back
 * @param schemas names of schemas whose tables it publishes, with pg_publication_namespace.oid:
 *     another one when the schema was taken out and in again
 * @param entries its tables, by pg_class.oid
 */
public record Publication(
    int oid,
    String name,
    boolean owned,
    boolean allTables,
    String publishes,
    boolean viaRoot,
    boolean generated,
    String touched,
    Map<String, Integer> schemas,
    Map<Integer, Entry> entries) {

  /**
   * A table of a publication.
   *
   * @param oid pg_publication_rel.oid: another one when the table was taken out and in again
   * @param table the table's name, quoted as SQL wants it
   * @param columns attribute numbers of the column list; empty for all columns
   * @param rowFilter SQL condition; empty for all rows
   */
  public record Entry(int oid, String table, List<Integer> columns, Optional<String> rowFilter) {
    public Entry {
      columns = List.copyOf(columns);
    }
  }

  public Publication {
    schemas = Map.copyOf(schemas);
    entries = Map.copyOf(entries);
  }

  // Columns that a version does not have are read through JSON, where they are null.
  private static final String QUERY =
      """
      SELECT p.oid::bigint, pg_has_role(p.pubowner, 'USAGE'), p.puballtables,
             concat(CASE WHEN p.pubinsert THEN 'i' END, CASE WHEN p.pubupdate THEN 'u' END,
                    CASE WHEN p.pubdelete THEN 'd' END, CASE WHEN p.pubtruncate THEN 't' END),
             p.pubviaroot, coalesce(to_jsonb(p) ->> 'pubgencols', 'n') = 's', p.xmin::text
        FROM pg_publication p WHERE p.pubname = ?
      """;
  private static final String SCHEMAS =
      """
      SELECT n.nspname, pn.oid::bigint FROM pg_publication_namespace pn JOIN pg_namespace n ON n.oid = pn.pnnspid
       WHERE pn.pnpubid = ?::bigint::oid
      """;

  /** The publication of a name; empty where there is none. */
  public static Optional<Publication> read(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        int oid = (int) row.getLong(1);
        return Optional.of(
            new Publication(
                oid,
                name,
                row.getBoolean(2),
                row.getBoolean(3),
                row.getString(4),
                row.getBoolean(5),
                row.getBoolean(6),
                row.getString(7),
                schemas(connection, oid),
                entries(connection, oid)));
      }
    }
  }

  private static boolean before15(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseMajorVersion() < 15;
  }

  private static Map<String, Integer> schemas(Connection connection, int oid) throws SQLException {
    if (before15(connection)) {
      return Map.of();
    }
    Map<String, Integer> schemas = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SCHEMAS)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          schemas.put(rows.getString(1), (int) rows.getLong(2));
        }
      }
    }
    return schemas;
  }

  private static Map<Integer, Entry> entries(Connection connection, int oid) throws SQLException {
    String sql =
        before15(connection)
            ? "SELECT oid::bigint, prrelid::bigint, prrelid::regclass::text, NULL, NULL FROM pg_publication_rel"
                + " WHERE prpubid = ?::bigint::oid"
            : "SELECT oid::bigint, prrelid::bigint, prrelid::regclass::text, prattrs::text, pg_get_expr(prqual, prrelid)"
                + " FROM pg_publication_rel WHERE prpubid = ?::bigint::oid";
    Map<Integer, Entry> entries = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, Integer.toUnsignedLong(oid));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          String columns = rows.getString(4);
          entries.put(
              (int) rows.getLong(2),
              new Entry(
                  (int) rows.getLong(1),
                  rows.getString(3),
                  columns == null
                      ? List.of()
                      : Arrays.stream(columns.split(" ")).map(Integer::valueOf).toList(),
                  Optional.ofNullable(rows.getString(5))));
        }
      }
    }
    return entries;
  }

  /** How the table with this OID in this schema is published; empty where it is not. */
  public Optional<Published> published(int relation, String schema) {
    Entry entry = entries.get(relation);
    Integer whole = schemas.get(schema);
    if (entry == null && !allTables && whole == null) {
      return Optional.empty();
    }
    // the schema's tables come whole, whatever an entry of one of them says
    Optional<String> filter = entry == null || whole != null ? Optional.empty() : entry.rowFilter();
    String stamp =
        Integer.toUnsignedString(oid)
            + "."
            + (entry == null ? "all" : Integer.toUnsignedString(entry.oid()))
            + "."
            + publishes
            + "."
            + touched
            + (viaRoot ? ".root" : "")
            + (generated ? ".generated" : "")
            + (entry == null || entry.columns().isEmpty() ? "" : "." + entry.columns())
            + filter.map(condition -> "." + condition).orElse("")
            + (whole == null ? "" : ".in." + Integer.toUnsignedString(whole));
    return Optional.of(
        new Published(
            name,
            publishes,
            viaRoot,
            generated,
            entry == null ? List.of() : entry.columns(),
            filter,
            stamp));
  }

  /**
   * How a table is published.
   *
   * @param publication name of the publication
   * @param publishes letters of {@code iudt}
   * @param viaRoot whether rows of partitions come under the root's name
   * @param generated whether stored generated columns come
   * @param columns attribute numbers of the column list, empty for all
   * @param rowFilter SQL condition on the rows that come
   * @param stamp changes whenever any of this changed or was taken away for a while
   */
  public record Published(
      String publication,
      String publishes,
      boolean viaRoot,
      boolean generated,
      List<Integer> columns,
      Optional<String> rowFilter,
      String stamp) {
    /** Whether updates and deletes come too. */
    public boolean everyChange() {
      return publishes.contains("u") && publishes.contains("d");
    }
  }

  /** SQL that drops it. */
  public String dropSql() {
    return "DROP PUBLICATION IF EXISTS " + Sql.name(name);
  }
}
