package io.tidemark.postgres.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.connect.Connector;
import io.tidemark.postgres.sink.Definition.ColumnPart;
import io.tidemark.postgres.sink.Definition.SequencePart;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Makes a copy ready to be written to in place of its source: its sequences go on where the
 * source's stand, and what it lacks is told with the SQL that makes it. The pipeline may run
 * meanwhile.
 */
public final class Cutover implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DEFINITION = "definition/";
  private static final String FORM = "form/";

  private static final String SEQUENCES =
      """
      SELECT s.oid::regclass::text
        FROM pg_class s JOIN pg_namespace n ON n.oid = s.relnamespace, pg_attribute a
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE s.relkind = 'S' AND a.attrelid = %s::regclass AND a.attname = %s AND EXISTS (
         SELECT FROM pg_depend p
          WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.oid
             OR p.classid = 'pg_class'::regclass AND p.objid = s.oid AND p.deptype IN ('a', 'i')
                AND p.refclassid = 'pg_class'::regclass AND p.refobjid = a.attrelid
                AND p.refobjsubid = a.attnum)
       ORDER BY n.nspname, s.relname
      """;

  /**
   * A sequence that was set.
   *
   * @param name in the copy, as SQL writes it
   * @param source its name at the source
   * @param next the number that it gives next
   */
  public record Moved(String name, String source, long next) {}

  /**
   * Something that the copy lacks.
   *
   * @param sql that makes it, once no pipeline writes the copy any more; empty where there is none
   */
  public record Lack(String what, String sql) {}

  private final PostgresSinkConfig config;
  private final Connector connector;
  private final TargetSession session;

  /** The tables of the copy, each as the source's catalog describes it. */
  private final Map<TableName, Definition> definitions = new LinkedHashMap<>();

  private final Map<String, HeldTable> forms;
  private final List<Lack> lacks = new ArrayList<>();

  private Cutover(PostgresSinkConfig config, Connector source, TargetSession session)
      throws SQLException {
    this.config = config;
    this.connector = source;
    this.session = session;
    this.forms = new FormStore(session, config).load();
    SortedMap<String, String> entries = StateTables.read(session, config).entries();
    entries.forEach(
        (key, value) -> {
          if (key.startsWith(DEFINITION)) {
            Definition.parse(json(value).path("definition").asText())
                .ifPresent(found -> definitions.put(nameInCopy(found, entries), found));
          }
        });
  }

  private static TableName nameInCopy(Definition definition, SortedMap<String, String> entries) {
    return Optional.ofNullable(entries.get(FORM + definition.source()))
        .map(Cutover::json)
        .map(node -> new TableName(node.path("schema").asText(), node.path("table").asText()))
        .orElse(definition.source());
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read the state of the copy: it is not of the form that was written. Restore the"
              + " state schema, or make a new copy.",
          e);
    }
  }

  /**
   * Looks at a copy.
   *
   * @param source its source
   * @throws TidemarkException where the copy cannot be read, or is none of this pipeline
   */
  public static Cutover of(PostgresSinkConfig config, Connector source) {
    try {
      TargetSession session = TargetSession.open(config);
      try {
        if (!PostgresLook.exists(session, config)) {
          throw new TidemarkException(
              ErrorCode.USAGE,
              "Cannot move to the copy at "
                  + config.endpoint()
                  + ": there is none yet. Run the pipeline first.");
        }
        return new Cutover(config, source, session);
      } catch (SQLException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (SQLException e) {
      throw PostgresLook.unread(config, e);
    }
  }

  /** Tables that are not equal to the source at the tidemark, each with its state. */
  public List<String> unfinished() {
    try {
      return session.query(
          "SELECT schema_name || '.' || table_name || ' is ' || state FROM "
              + StateTables.own(config, "tables")
              + " WHERE pipeline = "
              + Sql.text(config.pipeline())
              + " AND state NOT IN ('member', 'detached') ORDER BY 1",
          row -> row.getString(1));
    } catch (SQLException e) {
      throw PostgresLook.unread(config, e);
    }
  }

  /** Sets the sequences that the copy's tables take numbers from; never back. */
  public List<Moved> moveSequences() {
    Map<String, Moved> moved = new LinkedHashMap<>();
    try (Connection connection = connector.sql();
        Statement source = connection.createStatement()) {
      for (Map.Entry<TableName, Definition> each : definitions.entrySet()) {
        HeldTable held = forms.get(each.getKey().toString());
        for (ColumnPart column : each.getValue().columns()) {
          if (held != null && held.form().part(column.attnum()).isPresent()) {
            move(column, held, source, moved);
          }
        }
      }
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_REFUSED,
          "Cannot set the sequences of the copy at "
              + config.endpoint()
              + ": "
              + ServerWords.of(e)
              + ". Mend the cause and start again.",
          e);
    }
    return List.copyOf(moved.values());
  }

  private void move(ColumnPart column, HeldTable held, Statement source, Map<String, Moved> moved)
      throws SQLException {
    String name = held.form().part(column.attnum()).orElseThrow().name();
    List<String> here =
        column.sequences().isEmpty()
            ? List.of()
            : session.query(
                SEQUENCES.formatted(Sql.text(held.sql()), Sql.text(name)), row -> row.getString(1));
    for (int i = 0; i < column.sequences().size(); i++) {
      SequencePart sequence = column.sequences().get(i);
      if (here.size() != column.sequences().size()) {
        lacks.add(
            new Lack(
                "sequence " + sequence.text() + " of column " + name + " of " + held.sql(), ""));
      } else if (!moved.containsKey(sequence.text())) {
        moved.put(sequence.text(), move(sequence, here.get(i), source));
      }
    }
  }

  private Moved move(SequencePart sequence, String here, Statement source) throws SQLException {
    long value;
    boolean called;
    try (ResultSet row =
        source.executeQuery("SELECT last_value, is_called FROM " + sequence.text())) {
      row.next();
      value = row.getLong(1);
      called = row.getBoolean(2);
    } catch (SQLException e) {
      throw new TidemarkException(
          ErrorCode.SOURCE_NOT_READY,
          "Cannot read sequence "
              + sequence.text()
              + " of the source: "
              + ServerWords.of(e)
              + ". Run there: GRANT SELECT ON SEQUENCE "
              + sequence.text()
              + " TO \""
              + connector.endpoint().user()
              + "\"",
          e);
    }
    String behind = sequence.increment() > 0 ? "<" : ">";
    session.query(
        "SELECT pg_catalog.setval("
            + Sql.text(here)
            + ", "
            + value
            + ", "
            + called
            + ") FROM "
            + here
            + " WHERE last_value "
            + behind
            + " "
            + value
            + " OR last_value = "
            + value
            + " AND NOT is_called AND "
            + called,
        row -> row);
    long next =
        session.ask(
            "SELECT CASE WHEN is_called THEN last_value + "
                + sequence.increment()
                + " ELSE last_value END FROM "
                + here,
            row -> row.getLong(1));
    return new Moved(here, sequence.text(), next);
  }

  /** What the copy has not as the source has it, with the SQL that makes it. */
  public List<Lack> lacks() {
    List<Lack> all = new ArrayList<>(lacks);
    try {
      SourceCatalog catalog = new SourceCatalog(session, new StateTables(session, config), config);
      catalog.open();
      catalog.missing(definitions, forms).forEach((what, sql) -> all.add(new Lack(what, sql)));
    } catch (SQLException e) {
      throw PostgresLook.unread(config, e);
    }
    return all;
  }

  @Override
  public void close() {
    session.close();
  }
}
