package io.tidemark.postgres.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads what the catalog says of tables beyond their columns: defaults, identity, comments,
 * indexes, constraints, and the enums and domains that their columns are made of. The server writes
 * it as JSON, which is the text that travels to a copy of the same kind; {@code format} is its
 * version, and members that a reader does not know are to be left alone.
 */
public final class TableDefinitions {
  /** Version of the form that is written. */
  public static final int FORMAT = 1;

  /** The member with the types. */
  public static final String TYPES = "types";

  private static final String OF_TABLES =
      """
      SELECT c.oid::bigint, jsonb_build_object(
       'format', 1,
       'schema', n.nspname, 'table', c.relname, 'oid', c.oid::bigint,
       'comment', obj_description(c.oid, 'pg_class'),
       'columns', (
         SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'attnum', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
             'expression', pg_get_expr(d.adbin, d.adrelid),
             'generated', nullif(a.attgenerated::text, ''),
             'identity', nullif(a.attidentity::text, ''),
             'foreign', EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                                  AND p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND p.refobjid >= 16384),
             'uses', (SELECT jsonb_agg(p.refobjsubid ORDER BY p.refobjsubid) FROM pg_depend p
                       WHERE a.attgenerated <> '' AND p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                         AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid <> a.attnum),
             'notNull', a.attnotnull,
             'collation', CASE WHEN a.attcollation <> t.typcollation THEN
                (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname) FROM pg_collation co
                   JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END,
             'comment', col_description(c.oid, a.attnum),
             'sequences', (
               SELECT jsonb_agg(jsonb_build_object(
                   'schema', sn.nspname, 'name', s.relname, 'text', s.oid::regclass::text, 'type', format_type(q.seqtypid, -1),
                   'start', q.seqstart, 'increment', q.seqincrement, 'min', q.seqmin, 'max', q.seqmax,
                   'cache', q.seqcache, 'cycle', q.seqcycle,
                   'owned', EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = s.oid
                               AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum
                               AND o.deptype IN ('a', 'i')))
                   ORDER BY sn.nspname, s.relname)
                 FROM (SELECT p.refobjid AS oid FROM pg_depend p
                          WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
                         UNION
                         SELECT p.objid FROM pg_depend p
                          WHERE p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid = a.attnum
                            AND p.classid = 'pg_class'::regclass AND p.deptype IN ('a', 'i')) used
                  JOIN pg_class s ON s.oid = used.oid AND s.relkind = 'S'
                  JOIN pg_namespace sn ON sn.oid = s.relnamespace JOIN pg_sequence q ON q.seqrelid = s.oid)
           )) ORDER BY a.attnum)
           FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
           LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       'indexes', (
         SELECT jsonb_agg(jsonb_build_object(
             'name', x.relname, 'unique', i.indisunique,
             'definition', substr(pg_get_indexdef(i.indexrelid), length(format('CREATE %sINDEX %I ON %s%I.%I ',
                  CASE WHEN i.indisunique THEN 'UNIQUE ' END, x.relname, CASE WHEN x.relkind = 'I' THEN 'ONLY ' END, n.nspname, c.relname)) + 1),
             'plain', i.indexprs IS NULL AND i.indpred IS NULL,
             'foreign', EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = x.oid
                                   AND p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass) AND p.refobjid >= 16384),
             'uses', (SELECT jsonb_agg(DISTINCT u.attnum ORDER BY u.attnum) FROM (
                        SELECT p.refobjsubid AS attnum FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = x.oid
                           AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid > 0
                        UNION SELECT k FROM unnest(i.indkey::int2[]) k WHERE k > 0) u)) ORDER BY x.relname)
           FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND i.indisvalid AND NOT i.indisprimary AND x.relkind IN ('i', 'I')
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = c.oid AND k.contype IN ('u', 'x'))),
       'constraints', (
         SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
             'name', k.conname, 'kind', k.contype, 'definition', pg_get_constraintdef(k.oid),
             'deferrable', k.condeferrable,
             'foreign', EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_constraint'::regclass AND p.objid = k.oid
                                   AND p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND p.refobjid >= 16384),
             'uses', (SELECT jsonb_agg(u ORDER BY u) FROM unnest(k.conkey) u),
             'target', (SELECT jsonb_build_object('schema', fn.nspname, 'table', f.relname, 'text', f.oid::regclass::text, 'uses', to_jsonb(k.confkey))
                          FROM pg_class f JOIN pg_namespace fn ON fn.oid = f.relnamespace WHERE f.oid = k.confrelid))) ORDER BY k.conname)
           FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('u', 'c', 'f', 'x') AND k.convalidated AND k.conparentid = 0)
      )::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = ANY (?::bigint[]::oid[])
      """;

  // enums first: a domain may be made of one
  private static final String OF_TYPES =
      """
      WITH RECURSIVE needed(relation, oid) AS (
        SELECT a.attrelid, a.atttypid FROM pg_attribute a WHERE a.attrelid = ANY (?::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
        UNION
        SELECT needed.relation, inner_type.oid FROM needed JOIN pg_type t ON t.oid = needed.oid
         CROSS JOIN LATERAL (VALUES (t.typelem), (t.typbasetype)) inner_type(oid) WHERE inner_type.oid >= 16384)
      SELECT needed.relation::bigint, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
         'oid', t.oid::bigint, 'array', t.typarray::bigint, 'schema', n.nspname, 'name', t.typname, 'text', format_type(t.oid, -1),
         'kind', t.typtype, 'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
         'baseType', CASE WHEN t.typtype = 'd' THEN t.typbasetype::bigint END,
         'notNull', t.typnotnull, 'default', t.typdefault,
         'comment', obj_description(t.oid, 'pg_type'),
         'labels', (SELECT jsonb_agg(jsonb_build_object('oid', e.oid::bigint, 'label', e.enumlabel) ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
         'checks', (SELECT jsonb_agg(jsonb_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid),
                      'foreign', EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_constraint'::regclass AND p.objid = k.oid
                                   AND p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND p.refobjid >= 16384)) ORDER BY k.conname)
                      FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated)))
         ORDER BY t.typtype DESC, t.oid)::text
       FROM needed JOIN pg_type t ON t.oid = needed.oid JOIN pg_namespace n ON n.oid = t.typnamespace
      WHERE t.typtype IN ('e', 'd') AND t.oid >= 16384
        AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_type'::regclass AND x.objid = t.oid AND x.deptype = 'e')
      GROUP BY needed.relation
      """;

  // a row of a catalog that was changed has another place and another transaction
  private static final String STAMP =
      """
      WITH mine AS (SELECT unnest(?::bigint[]::oid[]) AS oid),
        rows AS (
          SELECT a.ctid, a.xmin FROM pg_attribute a JOIN mine ON mine.oid = a.attrelid
          UNION ALL SELECT d.ctid, d.xmin FROM pg_attrdef d JOIN mine ON mine.oid = d.adrelid
          UNION ALL SELECT k.ctid, k.xmin FROM pg_constraint k JOIN mine ON mine.oid = k.conrelid
          UNION ALL SELECT i.ctid, i.xmin FROM pg_index i JOIN mine ON mine.oid = i.indrelid
          UNION ALL SELECT x.ctid, x.xmin FROM pg_index i JOIN mine ON mine.oid = i.indrelid
                      JOIN pg_class x ON x.oid = i.indexrelid
          UNION ALL SELECT d.ctid, d.xmin FROM pg_description d WHERE d.objoid >= 16384
          UNION ALL SELECT k.ctid, k.xmin FROM pg_constraint k WHERE k.contypid >= 16384
          UNION ALL SELECT e.ctid, e.xmin FROM pg_enum e
          UNION ALL SELECT t.ctid, t.xmin FROM pg_type t WHERE t.typtype IN ('e', 'd')
          UNION ALL SELECT q.ctid, q.xmin FROM pg_sequence q)
      SELECT concat_ws(' ', count(*), sum(hashtextextended(concat(rows.ctid, rows.xmin), 0))) FROM rows
      """;

  private static final String MAY_TELL =
      "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')";

  private static final String DATABASE =
      "SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()) || '/' || oid FROM"
          + " pg_catalog.pg_database WHERE datname = pg_catalog.current_database()";

  private static final ObjectMapper JSON = new ObjectMapper();

  private TableDefinitions() {}

  /** Which database that is, the same for no two; empty where this role may not know. */
  public static String database(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery(MAY_TELL)) {
        row.next();
        if (!row.getBoolean(1)) {
          return "";
        }
      }
      try (ResultSet row = statement.executeQuery(DATABASE)) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /** A text that changes with every definition of tables. */
  public static String stamp(Connection connection, Collection<Integer> oids) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(STAMP)) {
      statement.setArray(1, array(connection, oids));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /** The definitions of tables, by pg_class.oid; those that are gone are left out. */
  public static Map<Integer, ObjectNode> read(Connection connection, Collection<Integer> oids)
      throws SQLException {
    Map<Integer, ObjectNode> tables = new HashMap<>();
    Map<Integer, JsonNode> types = types(connection, oids);
    String database = database(connection);
    ask(connection, OF_TABLES, oids)
        .forEach(
            (oid, table) -> {
              ObjectNode definition = (ObjectNode) table;
              definition.put("database", database);
              definition.set(TYPES, types.getOrDefault(oid, JSON.createArrayNode()));
              tables.put(oid, definition);
            });
    return tables;
  }

  /** The types of tables, by pg_class.oid; waits for no lock of a table. */
  public static Map<Integer, JsonNode> types(Connection connection, Collection<Integer> oids)
      throws SQLException {
    return ask(connection, OF_TYPES, oids);
  }

  private static Map<Integer, JsonNode> ask(
      Connection connection, String sql, Collection<Integer> oids) throws SQLException {
    Map<Integer, JsonNode> found = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, array(connection, oids));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.put((int) rows.getLong(1), JSON.readTree(rows.getString(2)));
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read JSON that a server wrote.", e);
    }
    return found;
  }

  private static Array array(Connection connection, Collection<Integer> oids) throws SQLException {
    return connection.createArrayOf(
        "bigint", oids.stream().map(Integer::toUnsignedLong).toArray(Object[]::new));
  }
}
