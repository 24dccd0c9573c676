package io.tidemark.postgres.sink;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.Definition.Label;
import io.tidemark.postgres.sink.Definition.TypePart;
import java.sql.SQLException;
import java.util.HashMap;
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
        || now.own() && TypeMaker.hasOtherChecks(now, type);
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
    TypeMaker maker = new TypeMaker(session, this);
    Made now = made.get(type.oid());
    if (now == null) {
      String schema = schemas.getOrDefault(type.schema(), type.schema());
      String sql = schema.equals(type.schema()) ? type.text() : Sql.name(schema) + "." + bare(type);
      StateTables.createSchema(session, schema);
      now = maker.find(type, sql);
      // a domain over it may need its name
      keep(type.oid(), now);
    }
    keep(type.oid(), maker.bring(now, type));
  }

  private static String bare(TypePart type) {
    String quoted = Sql.name(type.schema()) + ".";
    return type.text()
        .substring(type.text().startsWith(quoted) ? quoted.length() : type.schema().length() + 1);
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
      String definition = own.checks().getOrDefault(check, TypeMaker.GIVEN_UP);
      boolean named = own.sql().endsWith("." + type) || own.sql().endsWith("." + Sql.name(type));
      if (own.own() && named && !definition.startsWith(TypeMaker.GIVEN_UP)) {
        new TypeMaker(session, this).drop(own, check);
        Map<String, String> checks = new TreeMap<>(own.checks());
        checks.put(check, TypeMaker.GIVEN_UP + definition);
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
