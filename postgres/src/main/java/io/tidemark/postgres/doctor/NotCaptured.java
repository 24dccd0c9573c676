package io.tidemark.postgres.doctor;

import io.tidemark.postgres.catalog.Catalog;
import io.tidemark.postgres.catalog.CatalogReader;
import io.tidemark.postgres.catalog.TableFilter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What of a database no copy has, because the log does not carry it or nobody has asked for it.
 *
 * @param kind of things, in the plural: {@code unlogged tables}
 * @param names the first of them, as SQL writes them; empty where they have none
 * @param count of all
 */
public record NotCaptured(String kind, List<String> names, long count) {
  private static final int SHOWN = 20;

  /** Of relations and functions: what is no part of an extension, nor of PostgreSQL, nor ours. */
  private static final String FOREIGN =
      " AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'tidemark')"
          + " AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.deptype = 'e' AND x.objid = ";

  private static final String RELATIONS =
      "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE true"
          + FOREIGN
          + "c.oid) AND ";

  private static final String NO_SEQUENCE_OF_TABLES =
      "c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend p JOIN pg_attrdef d ON p.classid ="
          + " 'pg_attrdef'::regclass AND p.objid = d.oid WHERE p.refclassid = 'pg_class'::regclass"
          + " AND p.refobjid = c.oid AND d.adrelid = ANY (?::bigint[]::oid[])) AND NOT EXISTS"
          + " (SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = c.oid"
          + " AND p.refclassid = 'pg_class'::regclass AND p.deptype IN ('a', 'i') AND p.refobjid ="
          + " ANY (?::bigint[]::oid[]))";

  public NotCaptured {
    names = List.copyOf(names);
  }

  private static Map<String, String> questions() {
    Map<String, String> questions = new LinkedHashMap<>();
    questions.put("unlogged tables", RELATIONS + "c.relkind = 'r' AND c.relpersistence = 'u'");
    questions.put(
        "tables outside the selection",
        RELATIONS
            + "c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p' AND NOT"
            + " c.oid = ANY (?::bigint[]::oid[])");
    questions.put("foreign tables", RELATIONS + "c.relkind = 'f'");
    questions.put("materialized views", RELATIONS + "c.relkind = 'm'");
    questions.put("views", RELATIONS + "c.relkind = 'v'");
    questions.put("sequences of no captured table", RELATIONS + NO_SEQUENCE_OF_TABLES);
    questions.put(
        "functions and procedures",
        "SELECT f.oid::regprocedure::text FROM pg_proc f JOIN pg_namespace n ON n.oid ="
            + " f.pronamespace WHERE true"
            + FOREIGN
            + "f.oid)");
    questions.put(
        "triggers",
        "SELECT t.tgname || ' on ' || t.tgrelid::regclass FROM pg_trigger t JOIN pg_class c ON"
            + " c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT"
            + " t.tgisinternal"
            + FOREIGN
            + "c.oid)");
    questions.put(
        "policies", "SELECT polname || ' on ' || polrelid::regclass FROM pg_policy WHERE true");
    questions.put(
        "extensions", "SELECT quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'");
    questions.put("large objects", "SELECT oid::text FROM pg_largeobject_metadata WHERE true");
    return questions;
  }

  /** Everything of a database that no copy of the selected tables has. */
  public static List<NotCaptured> of(Connection connection, TableFilter tables)
      throws SQLException {
    Catalog catalog = CatalogReader.read(connection, tables);
    Object[] captured =
        catalog.tables().stream()
            .flatMap(
                table ->
                    java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(table), catalog.leaves(table).stream()))
            .map(table -> Integer.toUnsignedLong(table.oid()))
            .toArray();
    List<NotCaptured> all = new ArrayList<>();
    for (Map.Entry<String, String> question : questions().entrySet()) {
      List<String> names = ask(connection, question.getValue() + " ORDER BY 1", captured);
      if (!names.isEmpty()) {
        boolean named = !question.getKey().equals("large objects");
        all.add(
            new NotCaptured(
                question.getKey(),
                named ? names.stream().limit(SHOWN).toList() : List.of(),
                names.size()));
      }
    }
    return all;
  }

  private static List<String> ask(Connection connection, String sql, Object[] captured)
      throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 1; i <= statement.getParameterMetaData().getParameterCount(); i++) {
        statement.setArray(i, connection.createArrayOf("bigint", captured));
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
    }
    return names;
  }

  /** How it reads: {@code 2 views: public.a, public.b}. */
  public String line() {
    String more = count > names.size() && !names.isEmpty() ? ", and more" : "";
    return count + " " + kind + (names.isEmpty() ? "" : ": " + String.join(", ", names) + more);
  }
}
