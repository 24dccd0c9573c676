package io.tidemark.postgres.type;

import io.tidemark.postgres.type.PgType.Attribute;
import io.tidemark.postgres.type.PgType.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads type definitions from the catalog of a database, level by level. */
final class TypeCatalog {
  private static final String TYPES =
      """
      SELECT t.oid::bigint, n.nspname, t.typname, t.typtype, o.proname = 'array_out' AS is_array,
             coalesce(CASE t.typtype
                 WHEN 'd' THEN t.typbasetype
                 WHEN 'r' THEN r.rngsubtype
                 WHEN 'm' THEN m.rngtypid
                 ELSE CASE WHEN o.proname = 'array_out' THEN t.typelem END END, 0)::bigint,
             CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE -1 END,
             t.typdelim,
             CASE WHEN sn.nspname = 'pg_catalog' THEN s.proname
                  ELSE coalesce(sn.nspname || '.' || s.proname, '') END
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        JOIN pg_catalog.pg_proc o ON o.oid = t.typoutput
        LEFT JOIN pg_catalog.pg_proc s ON s.oid = t.typsend
        LEFT JOIN pg_catalog.pg_namespace sn ON sn.oid = s.pronamespace
        LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
        LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid
       WHERE t.oid = ANY (?::bigint[]::oid[])
      """;
  private static final String ATTRIBUTES =
      """
      SELECT t.oid::bigint, a.attnum, a.attname, a.atttypid::bigint, a.atttypmod
        FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid
       WHERE t.oid = ANY (?::bigint[]::oid[]) AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY t.oid, a.attnum
      """;
  private static final String LABELS =
      """
      SELECT enumtypid::bigint, enumlabel FROM pg_catalog.pg_enum
       WHERE enumtypid = ANY (?::bigint[]::oid[]) ORDER BY enumtypid, enumsortorder
      """;

  private final Connection connection;

  TypeCatalog(Connection connection) {
    this.connection = connection;
  }

  /** The named types and all they are made of, but for those that are known. */
  List<PgType> read(Collection<Integer> oids, Set<Integer> known) throws SQLException {
    List<PgType> all = new ArrayList<>();
    Set<Integer> seen = new HashSet<>(known);
    Set<Integer> wanted = new LinkedHashSet<>(oids);
    wanted.removeAll(seen);
    while (!wanted.isEmpty()) {
      seen.addAll(wanted);
      List<PgType> level = level(wanted);
      all.addAll(level);
      wanted = new LinkedHashSet<>();
      for (PgType type : level) {
        wanted.add(type.elementOid());
        for (Attribute attribute : type.attributes()) {
          wanted.add(attribute.typeOid());
        }
      }
      wanted.remove(0);
      wanted.removeAll(seen);
    }
    return all;
  }

  private List<PgType> level(Set<Integer> oids) throws SQLException {
    Map<Integer, List<Attribute>> attributes = new HashMap<>();
    query(
        ATTRIBUTES,
        oids,
        row ->
            attributes
                .computeIfAbsent((int) row.getLong(1), oid -> new ArrayList<>())
                .add(
                    new Attribute(
                        row.getInt(2), row.getString(3), (int) row.getLong(4), row.getInt(5))));
    Map<Integer, List<String>> labels = new HashMap<>();
    query(
        LABELS,
        oids,
        row ->
            labels
                .computeIfAbsent((int) row.getLong(1), oid -> new ArrayList<>())
                .add(row.getString(2)));
    List<PgType> types = new ArrayList<>();
    query(
        TYPES,
        oids,
        row -> {
          int oid = (int) row.getLong(1);
          types.add(
              new PgType(
                  oid,
                  row.getString(2),
                  row.getString(3),
                  kind(row.getString(4), row.getBoolean(5)),
                  (int) row.getLong(6),
                  row.getInt(7),
                  row.getString(8).charAt(0),
                  row.getString(9),
                  attributes.getOrDefault(oid, List.of()),
                  labels.getOrDefault(oid, List.of())));
        });
    return types;
  }

  private static Kind kind(String typtype, boolean array) {
    return switch (typtype) {
      case "c" -> Kind.COMPOSITE;
      case "d" -> Kind.DOMAIN;
      case "e" -> Kind.ENUM;
      case "r" -> Kind.RANGE;
      case "m" -> Kind.MULTIRANGE;
      default -> array ? Kind.ARRAY : Kind.BASE;
    };
  }

  private interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  private void query(String sql, Set<Integer> oids, RowReader reader) throws SQLException {
    Long[] unsigned = oids.stream().map(Integer::toUnsignedLong).toArray(Long[]::new);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("int8", unsigned));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }
  }
}
