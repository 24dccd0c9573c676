package io.tidemark.postgres.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.ServerWords;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.TargetForm.Part;
import io.tidemark.postgres.sink.WantedParts.Wanted;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives tables of the copy what they have at the source beside columns and key, within a commit.
 * What was made is remembered with the table, so what its user has made or altered is left alone.
 * What the server refuses is said once, and tried again when the source's definition changes or the
 * copy is opened again.
 */
final class TableParts {
  private static final Logger LOG = LoggerFactory.getLogger(TableParts.class);

  /** Begins what the server has refused. */
  static final String REFUSED = "!";

  private final TargetSession session;

  TableParts(TargetSession session) {
    this.session = session;
  }

  /** What was refused before is tried again. */
  static HeldTable forgetRefused(HeldTable held) {
    Map<String, String> parts = new TreeMap<>(held.parts());
    parts.values().removeIf(text -> text.startsWith(REFUSED));
    return held.withParts(parts);
  }

  /**
   * What is not wanted any more, or not as it is, by key.
   *
   * @param complete whether the table has all of its rows
   */
  Set<String> gone(HeldTable held, Map<String, Wanted> wanted, boolean complete)
      throws SQLException {
    Set<String> gone = new LinkedHashSet<>();
    for (Map.Entry<String, String> each : held.parts().entrySet()) {
      Wanted now = wanted.get(each.getKey());
      if (now == null && !complete && WantedParts.isOfSeveral(each.getKey())) {
        continue; // a table that is copied again keeps them
      }
      if (now == null || !isMade(held, each.getKey(), each.getValue(), now)) {
        gone.add(each.getKey());
      }
    }
    return gone;
  }

  /**
   * Whether foreign keys may stand on any of these parts; they are to be unbound before it goes.
   */
  static boolean carries(HeldTable held, Set<String> keys) {
    return keys.stream().anyMatch(key -> held.parts().getOrDefault(key, "").contains("UNIQUE "));
  }

  /** Drops what is gone and makes what is missing, but for foreign keys. */
  HeldTable bring(HeldTable held, Set<String> gone, Map<String, Wanted> wanted)
      throws SQLException {
    Map<String, String> parts = new TreeMap<>(held.parts());
    for (String key : gone) {
      take(held, parts, key);
    }
    parts.replaceAll(
        (key, text) -> wanted.containsKey(key) ? keptText(text, wanted.get(key)) : text);
    for (Map.Entry<String, Wanted> each : wanted.entrySet()) {
      if (!each.getKey().startsWith(WantedParts.FOREIGN)) {
        makeMissing(held, parts, each.getKey(), each.getValue());
      }
    }
    return held.withParts(parts);
  }

  /** Makes foreign keys that are missing: all tables have by now what they stand on. */
  HeldTable bind(HeldTable held, Map<String, Wanted> wanted) throws SQLException {
    Map<String, String> parts = new TreeMap<>(held.parts());
    for (Map.Entry<String, Wanted> each : wanted.entrySet()) {
      if (each.getKey().startsWith(WantedParts.FOREIGN)) {
        makeMissing(held, parts, each.getKey(), each.getValue());
      }
    }
    return held.withParts(parts);
  }

  private void makeMissing(HeldTable held, Map<String, String> parts, String key, Wanted wanted)
      throws SQLException {
    if (!parts.containsKey(key)) {
      boolean done = make(held, key, wanted);
      parts.put(key, (done ? "" : REFUSED) + wanted.text());
    }
  }

  private static String keptText(String text, Wanted now) {
    return text.startsWith(REFUSED) ? text : now.text();
  }

  /** An index or constraint may have another text only because a column has another name. */
  private boolean isMade(HeldTable held, String key, String text, Wanted now) throws SQLException {
    if (text.equals(now.text()) || text.equals(REFUSED + now.text())) {
      return true;
    }
    if (now.shown().isEmpty() || text.startsWith(REFUSED)) {
      return false;
    }
    String name = WantedParts.nameOf(key);
    String question =
        key.startsWith(WantedParts.INDEX)
            ? "SELECT pg_catalog.pg_get_indexdef(c.oid) FROM pg_catalog.pg_class c JOIN"
                + " pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = "
                + Sql.text(held.schema())
                + " AND c.relname = "
                + Sql.text(name)
            : "SELECT pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint WHERE"
                + " conrelid = "
                + Sql.text(held.sql())
                + "::pg_catalog.regclass AND conname = "
                + Sql.text(name);
    return session.query(question, row -> row.getString(1)).stream()
        .anyMatch(definition -> definition.endsWith(now.shown()));
  }

  private boolean make(HeldTable held, String key, Wanted wanted) throws SQLException {
    session.execute("SAVEPOINT of_part");
    try {
      for (String statement : wanted.statements()) {
        session.execute(statement);
      }
      session.execute("RELEASE SAVEPOINT of_part");
      return true;
    } catch (SQLException e) {
      if (TargetFailure.isLost(e) || TargetFailure.isPassing(e)) {
        throw e;
      }
      session.execute("ROLLBACK TO SAVEPOINT of_part");
      LOG.warn(
          "Table {} of the copy has no {} as the source has it: {}.",
          held.sql(),
          key,
          ServerWords.of(e));
      return false;
    }
  }

  private void drop(HeldTable held, String key, String text) throws SQLException {
    if (text.startsWith(REFUSED)) {
      return;
    }
    String table = "ALTER TABLE ONLY " + held.sql() + " ";
    if (key.startsWith(WantedParts.INDEX)) {
      session.execute(
          "DROP INDEX IF EXISTS "
              + Sql.name(new TableName(held.schema(), WantedParts.nameOf(key))));
    } else if (key.startsWith(WantedParts.CONSTRAINT) || key.startsWith(WantedParts.FOREIGN)) {
      session.execute(table + "DROP CONSTRAINT IF EXISTS " + Sql.name(WantedParts.nameOf(key)));
    } else if (key.equals(WantedParts.COMMENT)) {
      session.execute("COMMENT ON TABLE " + held.sql() + " IS NULL");
    } else if (key.startsWith(WantedParts.GENERATED)) {
      session.execute(table + "DROP COLUMN IF EXISTS " + generatedName(text));
    } else {
      Part part = held.form().part(WantedParts.attnumOf(key)).orElse(null);
      if (part != null) {
        dropOfColumn(held, key, table + "ALTER COLUMN " + part.quoted(), part);
      }
    }
  }

  private void dropOfColumn(HeldTable held, String key, String column, Part part)
      throws SQLException {
    if (key.startsWith(WantedParts.DEFAULT)) {
      session.execute(column + " DROP DEFAULT");
    } else if (key.startsWith(WantedParts.IDENTITY)) {
      session.execute(column + " DROP IDENTITY IF EXISTS");
    } else if (key.startsWith(WantedParts.COMMENT)) {
      session.execute("COMMENT ON COLUMN " + held.sql() + "." + part.quoted() + " IS NULL");
    }
  }

  /** The text of a generated column begins with its quoted name. */
  private static String generatedName(String text) {
    return text.substring(0, text.indexOf("\" ") + 1);
  }

  /** Takes away what would stand against another form; it is made again by the commit's end. */
  HeldTable loosen(HeldTable held, TargetForm to) throws SQLException {
    Map<String, String> parts = new TreeMap<>(held.parts());
    boolean retyped = false;
    for (Part old : held.form().columns()) {
      Part now = to.part(old.attnum()).orElse(null);
      boolean other = now != null && !now.type().equals(old.type());
      retyped |= other;
      if (now == null) {
        parts.keySet().removeIf(key -> WantedParts.isOf(key, old.attnum()));
      } else if (other || old.notNull() && !now.notNull()) {
        take(held, parts, WantedParts.IDENTITY + old.attnum());
      }
      if (other) {
        take(held, parts, WantedParts.DEFAULT + old.attnum());
      }
    }
    boolean fewer = held.form().columns().stream().anyMatch(old -> to.part(old.attnum()).isEmpty());
    for (String key : List.copyOf(parts.keySet())) {
      boolean computed = key.startsWith(WantedParts.GENERATED);
      boolean carried = computed && to.part(WantedParts.attnumOf(key)).isPresent();
      if (retyped && WantedParts.isOfSeveral(key) || carried || fewer && computed) {
        take(held, parts, key);
      }
    }
    return held.withParts(parts);
  }

  private void take(HeldTable held, Map<String, String> parts, String key) throws SQLException {
    String text = parts.remove(key);
    if (text != null) {
      drop(held, key, text);
    }
  }

  /** Takes away the foreign keys of a table that point to another one. */
  HeldTable unbind(HeldTable held, HeldTable target) throws SQLException {
    Map<String, String> parts = new TreeMap<>(held.parts());
    for (Map.Entry<String, String> each : held.parts().entrySet()) {
      if (each.getKey().startsWith(WantedParts.FOREIGN)
          && each.getValue().contains(" REFERENCES " + target.sql() + "(")) {
        take(held, parts, each.getKey());
      }
    }
    return held.withParts(parts);
  }

  /** Takes a constraint or index away that rows of the source do not hold. */
  HeldTable lift(HeldTable held, String key) throws SQLException {
    Map<String, String> parts = new TreeMap<>(held.parts());
    take(held, parts, key);
    return held.withParts(parts);
  }
}
