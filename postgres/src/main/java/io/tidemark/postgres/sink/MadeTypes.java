package io.tidemark.postgres.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.Definition.Check;
import io.tidemark.postgres.sink.Definition.Label;
import io.tidemark.postgres.sink.Definition.TypePart;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The enums and domains of the source as the copy has them, by pg_type.oid at the source: made
 * here, or found and used. One that was found gets labels that it lacks, and is left alone
 * otherwise. A domain forbids no nulls here, because of a deleted row only the key is known.
 */
final class MadeTypes {
  private static final Logger LOG = LoggerFactory.getLogger(MadeTypes.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Begins what was given up: it is tried again when the source's definition changes. */
  private static final String GIVEN_UP = "!";

  private final TargetSession session;
  private final String table;
  private final String pipeline;
  private Map<Long, Made> made = new HashMap<>();

  /**
   * A type of the copy.
   *
   * @param array pg_type.oid of its array at the source
   * @param sql its whole name here
   * @param source its whole name at the source
   * @param own whether it was made here
   * @param labels in their order
   * @param checks definition by name
   */
  record Made(
      long array,
      String sql,
      String source,
      boolean own,
      List<Label> labels,
      Map<String, String> checks) {
    Made with(List<Label> next) {
      return new Made(array, sql, source, own, List.copyOf(next), checks);
    }

    Made with(Map<String, String> next) {
      return new Made(array, sql, source, own, labels, new TreeMap<>(next));
    }
  }

  MadeTypes(TargetSession session, PostgresSinkConfig config) {
    this.session = session;
    this.table = StateTables.own(config, "types");
    this.pipeline = Sql.text(config.pipeline());
  }

  void create() throws SQLException {
    session.execute(
        "CREATE TABLE IF NOT EXISTS "
            + table
            + " (pipeline text, oid bigint, made text NOT NULL, PRIMARY KEY (pipeline, oid))");
  }

  void load() throws SQLException {
    made = new HashMap<>();
    session.query(
        "SELECT oid, made FROM " + table + " WHERE pipeline = " + pipeline,
        row -> made.put(row.getLong(1), read(row.getString(2))));
  }

  private static Made read(String json) {
    try {
      return JSON.readValue(json, Made.class);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot read a type of the copy: it is not of the form that was written. Restore the state"
              + " schema, or make a new copy.",
          e);
    }
  }

  private void keep(long oid, Made type) throws SQLException {
    if (type.equals(made.get(oid))) {
      return;
    }
    String json;
    try {
      json = JSON.writeValueAsString(type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write a type as JSON.", e);
    }
    session.execute(
        "INSERT INTO "
            + table
            + " VALUES ("
            + pipeline
            + ", "
            + oid
            + ", "
            + Sql.text(json)
            + ") ON CONFLICT (pipeline, oid) DO UPDATE SET made = excluded.made");
    made.put(oid, type);
  }

  /** What a type of the source, or an array of one, is called here. */
  Optional<String> name(long oid) {
    Made type = made.get(oid);
    if (type != null) {
      return Optional.of(type.sql());
    }
    return made.values().stream()
        .filter(each -> each.array() == oid)
        .findFirst()
        .map(each -> each.sql() + "[]");
  }

  /** An expression of the source with the names that types have here. */
  String translated(String expression) {
    String text = expression;
    for (Made type : made.values()) {
      if (!type.sql().equals(type.source())) {
        text =
            text.replaceAll(
                "::" + java.util.regex.Pattern.quote(type.source()) + "(?![\\w$.\"])",
                java.util.regex.Matcher.quoteReplacement("::" + type.sql()));
      }
    }
    return text;
  }

  /** Whether anything is to be done for the types of a table. */
  boolean lacks(Definition definition) {
    return definition.types().stream().anyMatch(this::differs);
  }

  private boolean differs(TypePart type) {
    Made now = made.get(type.oid());
    return now == null
        || !now.labels().equals(type.labels())
        || now.own() && !wanted(type).equals(plain(now.checks()));
  }

  private static Map<String, String> wanted(TypePart type) {
    Map<String, String> wanted = new TreeMap<>();
    for (Check check : type.checks()) {
      if (!check.foreign()) {
        wanted.put(check.name(), check.definition());
      }
    }
    return wanted;
  }

  private static Map<String, String> plain(Map<String, String> checks) {
    Map<String, String> plain = new TreeMap<>();
    checks.forEach(
        (name, text) -> plain.put(name, text.startsWith(GIVEN_UP) ? text.substring(1) : text));
    return plain;
  }

  /**
   * Makes the types of a table, or brings them up, within the caller's transaction. One that cannot
   * be made is left out: its columns get the closest type.
   *
   * @param schemas schema of the copy by schema of the source, for this table
   */
  void take(Definition definition, Map<String, String> schemas) throws SQLException {
    for (TypePart type : definition.types()) {
      if (!differs(type)) {
        continue;
      }
      session.execute("SAVEPOINT of_type");
      Made before = made.get(type.oid());
      try {
        take(type, schemas);
        session.execute("RELEASE SAVEPOINT of_type");
      } catch (SQLException e) {
        if (TargetFailure.isLost(e) || TargetFailure.isPassing(e)) {
          throw e;
        }
        session.execute("ROLLBACK TO SAVEPOINT of_type");
        if (before == null) {
          made.remove(type.oid());
        } else {
          made.put(type.oid(), before);
        }
        LOG.warn("Type {} is not as the source has it: {}.", type.text(), ServerWords.of(e));
      }
    }
  }

  private void take(TypePart type, Map<String, String> schemas) throws SQLException {
    if (!made.containsKey(type.oid())) {
      String schema = schemas.getOrDefault(type.schema(), type.schema());
      String sql = schema.equals(type.schema()) ? type.text() : Sql.name(schema) + "." + bare(type);
      if (isThere(sql)) {
        // one that does not take nulls fails here, and is not used
        session.query("SELECT NULL::" + sql, row -> row);
        List<Label> labels = type.isEnum() ? labelsOf(sql, type) : List.of();
        keep(type.oid(), new Made(type.array(), sql, type.text(), false, labels, Map.of()));
      } else {
        StateTables.createSchema(session, schema);
        make(type, sql);
      }
    }
    Made now = made.get(type.oid());
    if (type.isEnum()) {
      keep(type.oid(), now.with(relabelled(now, type.labels())));
    } else if (now.own()) {
      keep(type.oid(), now.with(checked(now, type)));
    }
  }

  private static String bare(TypePart type) {
    String quoted = Sql.name(type.schema()) + ".";
    return type.text()
        .substring(type.text().startsWith(quoted) ? quoted.length() : type.schema().length() + 1);
  }

  private boolean isThere(String sql) throws SQLException {
    return session.ask(
        "SELECT pg_catalog.to_regtype(" + Sql.text(sql) + ") IS NOT NULL",
        row -> row.getBoolean(1));
  }

  private void make(TypePart type, String sql) throws SQLException {
    if (type.isEnum()) {
      List<String> labels = type.labels().stream().map(each -> Sql.text(each.label())).toList();
      session.execute("CREATE TYPE " + sql + " AS ENUM (" + String.join(", ", labels) + ")");
      keep(type.oid(), new Made(type.array(), sql, type.text(), true, type.labels(), Map.of()));
      comment("TYPE", sql, type);
      return;
    }
    String base = name(type.baseType()).orElse(type.base());
    String standard = type.standard() == null ? "" : " DEFAULT " + translated(type.standard());
    if (!session.tries("CREATE DOMAIN " + sql + " AS " + base + standard, "")) {
      session.execute("CREATE DOMAIN " + sql + " AS " + base);
    }
    keep(type.oid(), new Made(type.array(), sql, type.text(), true, List.of(), Map.of()));
    comment("DOMAIN", sql, type);
  }

  private void comment(String what, String sql, TypePart type) throws SQLException {
    if (type.comment() != null) {
      session.execute("COMMENT ON " + what + " " + sql + " IS " + Sql.text(type.comment()));
    }
  }

  /** The labels of an enum that was found, with the source's oids where they have the same name. */
  private List<Label> labelsOf(String sql, TypePart type) throws SQLException {
    Map<String, Long> oids = new HashMap<>();
    type.labels().forEach(each -> oids.put(each.label(), each.oid()));
    return session.query(
        "SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype("
            + Sql.text(sql)
            + ") ORDER BY enumsortorder",
        row -> new Label(oids.getOrDefault(row.getString(1), 0L), row.getString(1)));
  }

  /** Renames labels and adds new ones at their places. */
  private List<Label> relabelled(Made now, List<Label> wanted) throws SQLException {
    Map<Long, String> names = new LinkedHashMap<>();
    now.labels().forEach(each -> names.put(each.oid(), each.label()));
    if (now.own()) {
      rename(now.sql(), names, wanted);
    }
    for (int i = 0; i < wanted.size(); i++) {
      if (!names.containsKey(wanted.get(i).oid())) {
        add(now, wanted, i);
      }
    }
    return wanted;
  }

  /** Names may pass from one label to another, so each goes by a name that none has. */
  private void rename(String sql, Map<Long, String> names, List<Label> wanted) throws SQLException {
    List<Label> changed = new ArrayList<>();
    for (Label label : wanted) {
      String before = names.get(label.oid());
      if (before != null && !before.equals(label.label())) {
        changed.add(label);
      }
    }
    for (Label label : changed) {
      rename(sql, names.get(label.oid()), passing(label));
    }
    for (Label label : changed) {
      rename(sql, passing(label), label.label());
    }
  }

  private static String passing(Label label) {
    return "__tidemark_" + label.oid();
  }

  private void rename(String sql, String from, String to) throws SQLException {
    session.execute(
        "ALTER TYPE " + sql + " RENAME VALUE " + Sql.text(from) + " TO " + Sql.text(to));
  }

  /** The label before it is there by now, if there is one. */
  private void add(Made type, List<Label> wanted, int i) throws SQLException {
    String place = "";
    if (type.own() && i > 0) {
      place = " AFTER " + Sql.text(wanted.get(i - 1).label());
    } else if (type.own() && !type.labels().isEmpty()) {
      place = " BEFORE " + Sql.text(first(type, wanted));
    }
    session.execute(
        "ALTER TYPE "
            + type.sql()
            + " ADD VALUE IF NOT EXISTS "
            + Sql.text(wanted.get(i).label())
            + place);
  }

  /** The first label of a type, as it is called by now. */
  private static String first(Made type, List<Label> wanted) {
    Label first = type.labels().get(0);
    return wanted.stream()
        .filter(each -> each.oid() == first.oid())
        .findFirst()
        .orElse(first)
        .label();
  }

  private Map<String, String> checked(Made now, TypePart type) throws SQLException {
    Map<String, String> wanted = wanted(type);
    Map<String, String> checks = new TreeMap<>(now.checks());
    for (Map.Entry<String, String> each : now.checks().entrySet()) {
      String name = each.getKey();
      if (!plain(now.checks()).get(name).equals(wanted.get(name))) {
        if (!each.getValue().startsWith(GIVEN_UP)) {
          drop(now, name);
        }
        checks.remove(name);
      }
    }
    for (Map.Entry<String, String> each : wanted.entrySet()) {
      if (!checks.containsKey(each.getKey())) {
        boolean holds = check(now, each.getKey(), each.getValue());
        checks.put(each.getKey(), (holds ? "" : GIVEN_UP) + each.getValue());
      }
    }
    return checks;
  }

  /** Adds a check; not one that the key of a deleted row, which has nulls, would not pass. */
  private boolean check(Made type, String name, String definition) throws SQLException {
    String add =
        "ALTER DOMAIN "
            + type.sql()
            + " ADD CONSTRAINT "
            + Sql.name(name)
            + " "
            + translated(definition);
    if (!session.tries(add, "") && !session.tries(add + " NOT VALID", "")) {
      return false;
    }
    if (session.tries("SELECT NULL::" + type.sql(), "")) {
      return true;
    }
    drop(type, name);
    return false;
  }

  private void drop(Made type, String check) throws SQLException {
    session.execute("ALTER DOMAIN " + type.sql() + " DROP CONSTRAINT IF EXISTS " + Sql.name(check));
  }

  /**
   * Takes a check away that a row of the source does not pass: it is the source's no more. Not
   * within a transaction.
   *
   * @return whether the failure was of such a check
   */
  boolean lift(SQLException e) throws SQLException {
    Optional<ServerErrorMessage> said =
        e instanceof PSQLException known
            ? Optional.ofNullable(known.getServerErrorMessage())
            : Optional.empty();
    String check = said.map(ServerErrorMessage::getConstraint).orElse("");
    String type = said.map(ServerErrorMessage::getDatatype).orElse("");
    if (!ServerWords.state(e).equals("23514") || check.isEmpty() || type.isEmpty()) {
      return false;
    }
    for (Map.Entry<Long, Made> each : made.entrySet()) {
      Made own = each.getValue();
      String definition = own.checks().getOrDefault(check, GIVEN_UP);
      boolean named = own.sql().endsWith("." + type) || own.sql().endsWith("." + Sql.name(type));
      if (own.own() && named && !definition.startsWith(GIVEN_UP)) {
        drop(own, check);
        Map<String, String> checks = new TreeMap<>(own.checks());
        checks.put(check, GIVEN_UP + definition);
        keep(each.getKey(), own.with(checks));
        LOG.warn(
            "Check {} of domain {} is gone from the copy: a row of the source does not pass it.",
            check,
            own.sql());
        return true;
      }
    }
    return false;
  }
}
