package io.tidemark.postgres.doctor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The event trigger of the exact mode: after each DDL command it writes what became of the table
 * into the log, as a message that is part of the same transaction, so that it arrives at its place
 * among the rows, also when no row follows.
 */
public final class EventTrigger {
  /** Prefix of its messages, without the mark that the stream takes off. */
  public static final String PREFIX = "tidemark.ddl";

  private static final String SQL =
      """
      CREATE SCHEMA IF NOT EXISTS tidemark;

      CREATE OR REPLACE FUNCTION tidemark.table_image(relation oid, happened text) RETURNS void
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
      -- values of defaults are written as text: as the copy reads it, whatever the owner has set
      SET "DateStyle" = 'ISO, MDY' SET "IntervalStyle" = 'postgres' SET "TimeZone" = 'UTC'
      SET extra_float_digits = 1 SET bytea_output = 'hex' SET quote_all_identifiers = off
      AS $image$
        -- the newest transaction id of this session marks the message: should it be rolled back with a
        -- savepoint of a large transaction, the log alone would not tell
        SELECT pg_logical_emit_message(true, concat('tidemark.ddl#', (
            SELECT l.transactionid FROM pg_locks l
             WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
               AND l.pid = pg_backend_pid()
             ORDER BY age(l.transactionid) LIMIT 1)), jsonb_build_object(
          'happened', happened, 'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname,
          'root', CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid::bigint END,
          'empty', CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) = 0 END,
          'leaves', CASE WHEN c.relkind = 'p' THEN (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'oid', l.oid::bigint, 'schema', ln.nspname, 'name', l.relname,
                     'empty', pg_relation_size(l.oid) = 0)), '[]')
              FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
              JOIN pg_namespace ln ON ln.oid = l.relnamespace
             WHERE l.relkind = 'r') END,
          'columns', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'attnum', a.attnum, 'name', a.attname, 'type', a.atttypid::bigint,
                     'typmod', a.atttypmod, 'typename', format_type(a.atttypid, a.atttypmod),
                     'notnull', a.attnotnull, 'generated', a.attgenerated::text,
                     'missing', (
                       SELECT (l.attmissingval::text::text[])[1] FROM pg_attribute l
                        WHERE l.attname = a.attname AND l.atthasmissing
                          AND l.attrelid IN (SELECT c.oid UNION ALL
                                             SELECT relid FROM pg_partition_tree(c.oid))
                        LIMIT 1))
                     ORDER BY a.attnum), '[]')
              FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))::text)
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.oid = relation AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
           AND n.nspname !~ '^pg_';
      $image$;
      REVOKE EXECUTE ON FUNCTION tidemark.table_image(oid, text) FROM PUBLIC;

      CREATE OR REPLACE FUNCTION tidemark.table_dropped(relation oid, schema text, name text)
      RETURNS void
      LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $dropped$
        SELECT pg_logical_emit_message(true, concat('tidemark.ddl#', (
            SELECT l.transactionid FROM pg_locks l
             WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock'
               AND l.pid = pg_backend_pid()
             ORDER BY age(l.transactionid) LIMIT 1)), jsonb_build_object(
          'happened', 'dropped', 'oid', relation::bigint, 'schema', schema, 'name', name,
          'columns', '[]'::jsonb)::text);
      $dropped$;
      REVOKE EXECUTE ON FUNCTION tidemark.table_dropped(oid, text, text) FROM PUBLIC;

      CREATE OR REPLACE FUNCTION tidemark.on_ddl() RETURNS event_trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $ddl$
      DECLARE
        relation oid;
      BEGIN
        FOR relation IN
          SELECT DISTINCT objid FROM pg_event_trigger_ddl_commands()
           WHERE classid = 'pg_class'::regclass AND object_type IN ('table', 'table column')
        LOOP
          PERFORM tidemark.table_image(relation, 'altered');
          -- a partition of a partition came or went
          PERFORM tidemark.table_image(pg_partition_root(c.oid), 'altered') FROM pg_class c
            WHERE c.oid = relation AND c.relispartition AND c.relkind = 'p';
        END LOOP;
      EXCEPTION WHEN OTHERS THEN
        -- a fault here must never make the owner's command fail
        NULL;
      END;
      $ddl$;

      CREATE OR REPLACE FUNCTION tidemark.on_rewrite() RETURNS event_trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $ddl$
      BEGIN
        PERFORM tidemark.table_image(pg_event_trigger_table_rewrite_oid(), 'rewritten');
      EXCEPTION WHEN OTHERS THEN
        NULL;
      END;
      $ddl$;

      CREATE OR REPLACE FUNCTION tidemark.on_drop() RETURNS event_trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $ddl$
      DECLARE
        relation oid;
      BEGIN
        FOR relation IN
          SELECT DISTINCT objid FROM pg_event_trigger_dropped_objects()
           WHERE classid = 'pg_class'::regclass AND object_type = 'table column'
        LOOP
          PERFORM tidemark.table_image(relation, 'altered');
        END LOOP;
        PERFORM tidemark.table_dropped(objid, schema_name, object_name)
           FROM pg_event_trigger_dropped_objects()
          WHERE classid = 'pg_class'::regclass AND object_type = 'table' AND NOT is_temporary;
      EXCEPTION WHEN OTHERS THEN
        NULL;
      END;
      $ddl$;

      DROP EVENT TRIGGER IF EXISTS tidemark_ddl;
      CREATE EVENT TRIGGER tidemark_ddl ON ddl_command_end
        WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE')
        EXECUTE FUNCTION tidemark.on_ddl();
      ALTER EVENT TRIGGER tidemark_ddl ENABLE ALWAYS;

      DROP EVENT TRIGGER IF EXISTS tidemark_rewrite;
      CREATE EVENT TRIGGER tidemark_rewrite ON table_rewrite
        EXECUTE FUNCTION tidemark.on_rewrite();
      ALTER EVENT TRIGGER tidemark_rewrite ENABLE ALWAYS;

      DROP EVENT TRIGGER IF EXISTS tidemark_drop;
      CREATE EVENT TRIGGER tidemark_drop ON sql_drop
        EXECUTE FUNCTION tidemark.on_drop();
      ALTER EVENT TRIGGER tidemark_drop ENABLE ALWAYS;
      """;

  private EventTrigger() {}

  /** Whether all of it is there and fires. */
  public static boolean isThere(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                SELECT count(*) = 3 FROM pg_event_trigger WHERE evtenabled IN ('O', 'A')
                   AND evtname IN ('tidemark_ddl', 'tidemark_rewrite', 'tidemark_drop')
                """)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** The statements, to be run once by a superuser (on managed services by their admin role). */
  public static String sql() {
    return SQL;
  }
}
