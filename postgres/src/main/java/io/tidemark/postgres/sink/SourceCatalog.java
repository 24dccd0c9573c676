package io.tidemark.postgres.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkException;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.WantedParts.Bound;
import io.tidemark.postgres.sink.WantedParts.Wanted;
import io.tidemark.postgres.sink.WantedParts.Wish;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the source's catalog says of tables to the copy: types at once, because rows are
 * staged in columns of them; all else in the next commit.
 */
final class SourceCatalog {
  private static final Logger LOG = LoggerFactory.getLogger(SourceCatalog.class);

  /** Which kinds of parts a failure may name. */
  private static final Set<String> LIFTED =
      Set.of(WantedParts.INDEX, WantedParts.CONSTRAINT, WantedParts.FOREIGN);

  private final TargetSession session;
  private final StateTables state;
  private final PostgresSinkConfig config;
  private final MadeTypes types;
  private final TableParts parts;

  /** By the table's name in the copy. */
  private final Map<TableName, Definition> definitions = new LinkedHashMap<>();

  /** What rows of the source did not hold: the table's owner and the key of the part. */
  private record Lifted(String owner, String key) {}

  private final Set<Lifted> lifted = new LinkedHashSet<>();
  private boolean due;

  /** The complete tables as of the commit that is being made, and as of the one before. */
  private Set<TableName> members = Set.of();

  private Set<TableName> were = Set.of();
  private String database = "";
  private boolean bypasses;

  SourceCatalog(TargetSession session, StateTables state, PostgresSinkConfig config) {
    this.session = session;
    this.state = state;
    this.config = config;
    this.types = new MadeTypes(session, config);
    this.parts = new TableParts(session);
  }

  /** Makes what is missing and reads what is there, within the caller's transaction. */
  void open() throws SQLException {
    types.create();
    types.load();
    database = session.database();
    bypasses =
        session.ask(
            "SELECT pg_catalog.current_setting('session_replication_role') = 'replica'",
            row -> row.getBoolean(1));
    if (config.foreignKeys() && !bypasses) {
      LOG.warn(
          "Foreign keys are left out of the copy at {}: rows of several tables come in no order that"
              + " they allow. Run as a superuser, on PostgreSQL 15 or newer: GRANT SET ON PARAMETER"
              + " session_replication_role TO \"{}\"",
          config.endpoint(),
          config.endpoint().user());
    }
  }

  MadeTypes types() {
    return types;
  }

  /** Whether the next commit has more to bring than rows and forms. */
  boolean isDue() {
    return due || !lifted.isEmpty();
  }

  /**
   * Takes a definition; one of a form that is not known is left alone.
   *
   * @param table its name in the copy
   */
  void describe(TableName table, String text) throws SQLException, SinkException.Fenced {
    Optional<Definition> read = Definition.parse(text);
    if (read.isEmpty() || read.get().equals(definitions.get(table))) {
      return;
    }
    if (types.lacks(read.get())) {
      session.execute("BEGIN");
      try {
        state.requireWriter();
        types.take(read.get(), schemas(table, read.get()));
        session.execute("COMMIT");
      } catch (SQLException | SinkException.Fenced | RuntimeException e) {
        types.load();
        throw e;
      }
    }
    definitions.put(table, read.get());
    due = true;
  }

  /**
   * Where things of a schema of the source are in the copy, for what belongs to a table: where the
   * options say; else, for a table that a transform has put elsewhere, beside it.
   */
  private Map<String, String> schemas(TableName table, Definition definition) {
    String place = config.schemas().getOrDefault(table.schema(), table.schema());
    Map<String, String> schemas = new HashMap<>();
    if (!place.equals(definition.schema())) {
      schemas.put(definition.schema(), place);
    }
    if (!database.isEmpty() && database.equals(definition.database())) {
      // the source's own things are not the copy's
      definition.types().forEach(type -> schemas.put(type.schema(), place));
      definition.columns().stream()
          .flatMap(column -> column.sequences().stream())
          .forEach(sequence -> schemas.put(sequence.schema(), place));
    }
    schemas.putAll(config.schemas());
    return schemas;
  }

  /**
   * Brings all tables up, at the end of a commit's transaction.
   *
   * @param member whether a table, by its name in the copy, is complete as of the commit
   */
  void bring(CopyTables tables, Predicate<TableName> member) throws SQLException {
    members = definitions.keySet().stream().filter(member).collect(Collectors.toSet());
    if (!isDue() && !tables.hasChanged() && members.equals(were)) {
      return;
    }
    Map<TableName, Map<String, Wanted>> wanted = wanted(tables, member);
    for (Map.Entry<TableName, Map<String, Wanted>> each : wanted.entrySet()) {
      HeldTable held = tables.forms().get(each.getKey().toString());
      Set<String> gone = parts.gone(held, each.getValue(), member.test(each.getKey()));
      if (TableParts.carries(held, gone)) {
        held = tables.unbind(each.getKey());
      }
      tables.keepIfOther(each.getKey(), parts.bring(held, gone, each.getValue()));
    }
    for (Map.Entry<TableName, Map<String, Wanted>> each : wanted.entrySet()) {
      HeldTable held = tables.forms().get(each.getKey().toString());
      tables.keepIfOther(each.getKey(), parts.bind(held, each.getValue()));
    }
  }

  /** The parts that tables shall have which are there. */
  private Map<TableName, Map<String, Wanted>> wanted(
      CopyTables tables, Predicate<TableName> member) {
    Map<TableName, TableName> copies = new HashMap<>();
    definitions.forEach((copy, definition) -> copies.put(definition.source(), copy));
    Map<TableName, Map<String, Wanted>> wanted = new LinkedHashMap<>();
    for (Map.Entry<TableName, Definition> each : definitions.entrySet()) {
      HeldTable held = tables.forms().get(each.getKey().toString());
      if (held != null) {
        boolean complete = member.test(each.getKey());
        Wish wish =
            new Wish(
                complete && config.indexes(),
                complete && config.foreignKeys() && bypasses,
                source ->
                    Optional.ofNullable(copies.get(source))
                        .filter(member)
                        .flatMap(copy -> bound(tables, copy)));
        Map<String, String> schemas = schemas(each.getKey(), each.getValue());
        wanted.put(each.getKey(), WantedParts.of(each.getValue(), held, types, schemas, wish));
      }
    }
    return wanted;
  }

  /**
   * What tables have not as the source has them, whatever the options say: names to the SQL that
   * makes it.
   *
   * @param all by their names in the copy
   */
  Map<String, String> missing(Map<TableName, Definition> all, Map<String, HeldTable> forms) {
    Map<TableName, Bound> bounds = new HashMap<>();
    all.forEach(
        (copy, definition) ->
            Optional.ofNullable(forms.get(copy.toString()))
                .ifPresent(held -> bounds.put(definition.source(), new Bound(definition, held))));
    Wish wish = new Wish(true, true, source -> Optional.ofNullable(bounds.get(source)));
    Map<String, String> missing = new LinkedHashMap<>();
    Map<String, String> foreign = new LinkedHashMap<>();
    all.forEach(
        (copy, definition) -> {
          HeldTable held = forms.get(copy.toString());
          if (held != null) {
            WantedParts.of(definition, held, types, schemas(copy, definition), wish)
                .forEach(
                    (key, part) -> {
                      if (!held.parts().containsKey(key)) {
                        // behind all that they may point to
                        boolean last = key.startsWith(WantedParts.FOREIGN);
                        (last ? foreign : missing).put(key + " of " + held.sql(), part.text());
                      }
                    });
            WantedParts.afterwards(definition, held, types)
                .forEach((what, sql) -> missing.put(what + " of " + held.sql(), sql));
          }
        });
    missing.putAll(foreign);
    return missing;
  }

  private Optional<Bound> bound(CopyTables tables, TableName copy) {
    return Optional.ofNullable(tables.forms().get(copy.toString()))
        .map(held -> new Bound(definitions.get(copy), held));
  }

  /** Takes away what rows did not hold, before they are tried again. */
  void loosen(CopyTables tables) throws SQLException {
    for (Lifted each : lifted) {
      HeldTable held = tables.forms().get(each.owner());
      if (held != null && held.parts().containsKey(each.key())) {
        TableName table = TableName.parse(each.owner());
        if (TableParts.carries(held, Set.of(each.key()))) {
          held = tables.unbind(table);
        }
        tables.keep(table, parts.lift(held, each.key()));
      }
    }
  }

  /** All that was due has been committed. */
  void committed() {
    due = false;
    lifted.clear();
    were = members;
  }

  /**
   * Whether a failure is of a constraint or index that was taken over from the source. Its rows do
   * not hold it any more, or only at the end of their transactions; the next try goes without.
   */
  boolean lifts(SQLException e, Map<String, HeldTable> forms) {
    Optional<ServerErrorMessage> said =
        e instanceof PSQLException known
            ? Optional.ofNullable(known.getServerErrorMessage())
            : Optional.empty();
    String name = said.map(ServerErrorMessage::getConstraint).orElse("");
    String schema = said.map(ServerErrorMessage::getSchema).orElse("");
    String table = said.map(ServerErrorMessage::getTable).orElse("");
    boolean found = false;
    for (Map.Entry<String, HeldTable> each : forms.entrySet()) {
      HeldTable held = each.getValue();
      if (held.schema().equals(schema) && held.table().equals(table)) {
        for (String kind : LIFTED) {
          if (held.parts().containsKey(kind + name)) {
            found |= lifted.add(new Lifted(each.getKey(), kind + name));
          }
        }
      }
    }
    if (found) {
      LOG.info("{} of {} is dropped and made again.", name, Sql.name(new TableName(schema, table)));
    }
    return found;
  }
}
