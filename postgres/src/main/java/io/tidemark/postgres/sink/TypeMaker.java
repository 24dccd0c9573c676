package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.Definition.Check;
import io.tidemark.postgres.sink.Definition.Label;
import io.tidemark.postgres.sink.Definition.TypePart;
import io.tidemark.postgres.sink.MadeTypes.Made;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes a type of the copy as the source has it, or brings one up to it. */
final class TypeMaker {
  /** Begins a check that was given up: it is tried again when the source's definition changes. */
  static final String GIVEN_UP = "!";

  private final TargetSession session;
  private final MadeTypes types;

  TypeMaker(TargetSession session, MadeTypes types) {
    this.session = session;
    this.types = types;
  }

  /** Whether a domain of the copy has other checks than the source's. */
  static boolean hasOtherChecks(Made now, TypePart type) {
    return !wanted(type).equals(plain(now.checks()));
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

  /** The type of a name: one that is there, or a new one. */
  Made find(TypePart type, String sql) throws SQLException {
    if (!isThere(sql)) {
      return make(type, sql);
    }
    // one that does not take nulls fails here, and is not used
    session.query("SELECT NULL::" + sql, row -> row);
    List<Label> labels = type.isEnum() ? labelsOf(sql, type) : List.of();
    return new Made(type.array(), sql, type.text(), false, labels, Map.of());
  }

  /** Gives it the labels or checks that the source's has. */
  Made bring(Made now, TypePart type) throws SQLException {
    if (type.isEnum()) {
      return now.with(relabelled(now, type.labels()));
    }
    return now.own() ? now.with(checked(now, type)) : now;
  }

  private boolean isThere(String sql) throws SQLException {
    return session.ask(
        "SELECT pg_catalog.to_regtype(" + Sql.text(sql) + ") IS NOT NULL",
        row -> row.getBoolean(1));
  }

  private Made make(TypePart type, String sql) throws SQLException {
    if (type.isEnum()) {
      List<String> labels = type.labels().stream().map(each -> Sql.text(each.label())).toList();
      session.execute("CREATE TYPE " + sql + " AS ENUM (" + String.join(", ", labels) + ")");
      comment("TYPE", sql, type);
      return new Made(type.array(), sql, type.text(), true, type.labels(), Map.of());
    }
    String base = types.name(type.baseType()).orElse(type.base());
    String standard =
        type.standard() == null ? "" : " DEFAULT " + types.translated(type.standard());
    if (!session.tries("CREATE DOMAIN " + sql + " AS " + base + standard, "")) {
      session.execute("CREATE DOMAIN " + sql + " AS " + base);
    }
    comment("DOMAIN", sql, type);
    return new Made(type.array(), sql, type.text(), true, List.of(), Map.of());
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
            + types.translated(definition);
    if (!session.tries(add, "") && !session.tries(add + " NOT VALID", "")) {
      return false;
    }
    if (session.tries("SELECT NULL::" + type.sql(), "")) {
      return true;
    }
    drop(type, name);
    return false;
  }

  /** Takes a check of a domain away. */
  void drop(Made type, String check) throws SQLException {
    session.execute("ALTER DOMAIN " + type.sql() + " DROP CONSTRAINT IF EXISTS " + Sql.name(check));
  }
}
