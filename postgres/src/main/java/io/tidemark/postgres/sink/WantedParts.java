package io.tidemark.postgres.sink;

import io.tidemark.api.model.TableName;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.Definition.ColumnPart;
import io.tidemark.postgres.sink.Definition.ConstraintPart;
import io.tidemark.postgres.sink.Definition.IndexPart;
import io.tidemark.postgres.sink.Definition.SequencePart;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a table of the copy shall have beside columns and key, in the order in which it is made:
 * each part under a key that stays the same however it is defined.
 */
final class WantedParts {
  static final String COLLATION = "collation/";
  static final String SEQUENCE = "sequence/";
  static final String DEFAULT = "default/";
  static final String IDENTITY = "identity/";
  static final String GENERATED = "generated/";
  static final String COMMENT = "comment/";
  static final String INDEX = "index/";
  static final String CONSTRAINT = "constraint/";
  static final String FOREIGN = "foreign/";

  /**
   * A part.
   *
   * @param text tells one definition of it from another
   * @param shown how the server's own definition of it ends; empty where nobody compares that
   * @param statements that make it
   */
  record Wanted(String text, String shown, List<String> statements) {
    Wanted {
      statements = List.copyOf(statements);
    }
  }

  /**
   * What of a table is wanted.
   *
   * @param indexes whether indexes, unique constraints and checks are
   * @param bound the tables to which foreign keys may point, by their names at the source
   */
  record Wish(boolean indexes, boolean foreignKeys, Function<TableName, Optional<Bound>> bound) {}

  /** A table that is complete. */
  record Bound(Definition definition, HeldTable held) {}

  private final Definition definition;
  private final HeldTable held;
  private final MadeTypes types;
  private final Map<String, String> schemas;
  private final LinkedHashMap<String, Wanted> wanted = new LinkedHashMap<>();

  private WantedParts(
      Definition definition, HeldTable held, MadeTypes types, Map<String, String> schemas) {
    this.definition = definition;
    this.held = held;
    this.types = types;
    this.schemas = schemas;
  }

  /**
   * The parts of a table.
   *
   * @param schemas schema of the copy by schema of the source, for this table
   */
  static LinkedHashMap<String, Wanted> of(
      Definition definition,
      HeldTable held,
      MadeTypes types,
      Map<String, String> schemas,
      Wish wish) {
    WantedParts parts = new WantedParts(definition, held, types, schemas);
    definition.columns().forEach(parts::column);
    if (definition.comment() != null) {
      parts.add(
          COMMENT, "COMMENT ON TABLE " + held.sql() + " IS " + Sql.text(definition.comment()));
    }
    if (wish.indexes()) {
      definition.indexes().forEach(parts::index);
      definition.constraints().forEach(parts::constraint);
    }
    if (wish.foreignKeys()) {
      definition.constraints().forEach(each -> parts.foreign(each, wish));
    }
    return parts.wanted;
  }

  private void add(String key, String... statements) {
    wanted.put(key, new Wanted(String.join("; ", statements), "", List.of(statements)));
  }

  private void column(ColumnPart column) {
    Optional<Part> found = held.form().part(column.attnum());
    if (found.isEmpty()) {
      if (column.generated() != null) {
        generated(column);
      }
      return;
    }
    Part part = found.get();
    String alter = alter() + "ALTER COLUMN " + part.quoted() + " ";
    boolean sameType = isOfSourcesType(column, part);
    if (column.collation() != null && sameType) {
      add(
          COLLATION + column.attnum(),
          alter + "TYPE " + part.type() + " COLLATE " + column.collation());
    }
    if (column.generated() == null && sameType) {
      numbered(column, part, alter);
    }
    if (column.comment() != null) {
      add(
          COMMENT + column.attnum(),
          "COMMENT ON COLUMN "
              + held.sql()
              + "."
              + part.quoted()
              + " IS "
              + Sql.text(column.comment()));
    }
  }

  /** A transform may have given a column another type; then its default is not of it. */
  private boolean isOfSourcesType(ColumnPart column, Part part) {
    return part.type().equals(column.type())
        || types.translated("::" + column.type()).equals("::" + part.type());
  }

  /** Default, identity, and the sequences that they take numbers from. */
  private void numbered(ColumnPart column, Part part, String alter) {
    if (column.identity() != null && !column.sequences().isEmpty()) {
      if (part.notNull()) {
        identity(column, alter);
      }
      return;
    }
    if (column.expression() == null) {
      return;
    }
    String expression = types.translated(column.expression());
    for (SequencePart sequence : column.sequences()) {
      String name = Sql.name(place(sequence));
      List<String> statements = new ArrayList<>();
      statements.add(
          "CREATE SEQUENCE IF NOT EXISTS "
              + name
              + " AS "
              + sequence.type()
              + " "
              + sequence.options());
      if (sequence.owned()) {
        statements.add("ALTER SEQUENCE " + name + " OWNED BY " + held.sql() + "." + part.quoted());
      }
      add(SEQUENCE + column.attnum() + "/" + sequence.name(), statements.toArray(String[]::new));
      expression = expression.replace(Sql.text(sequence.text()), Sql.text(name));
    }
    add(DEFAULT + column.attnum(), alter + "SET DEFAULT " + expression);
  }

  /** An UPDATE may not set a column that is always generated, so while rows come it is not yet. */
  private void identity(ColumnPart column, String alter) {
    SequencePart sequence = column.sequences().get(0);
    add(
        IDENTITY + column.attnum(),
        alter
            + "ADD GENERATED BY DEFAULT AS IDENTITY (SEQUENCE NAME "
            + Sql.name(place(sequence))
            + " "
            + sequence.options()
            + ")");
  }

  TableName place(SequencePart sequence) {
    String schema = schemas.getOrDefault(sequence.schema(), sequence.schema());
    return new TableName(schema, sequence.name());
  }

  /** A column that the log does not carry is computed here from those that it is computed from. */
  private void generated(ColumnPart column) {
    if (column.foreign()
        || column.expression() == null
        || !definition.namesAsIn(held.form(), column.uses())) {
      return;
    }
    String defined =
        Sql.name(column.name())
            + " "
            + types.translated("::" + column.type()).substring(2)
            + " GENERATED ALWAYS AS ("
            + types.translated(column.expression())
            + ") STORED";
    wanted.put(
        GENERATED + column.attnum(),
        new Wanted(defined, "", List.of(alter() + "ADD COLUMN " + defined)));
  }

  private void index(IndexPart index) {
    if (!index.foreign() && definition.namesAsIn(held.form(), index.uses())) {
      String tail = types.translated(index.definition());
      String statement =
          "CREATE "
              + (index.unique() ? "UNIQUE " : "")
              + "INDEX "
              + Sql.name(index.name())
              + " ON "
              + held.sql()
              + " "
              + tail;
      wanted.put(INDEX + index.name(), new Wanted(statement, tail, List.of(statement)));
    }
  }

  private void constraint(ConstraintPart constraint) {
    boolean foreign = constraint.kind().equals("f");
    if (!foreign && !constraint.foreign() && definition.namesAsIn(held.form(), constraint.uses())) {
      constrain(CONSTRAINT, constraint.name(), types.translated(constraint.definition()));
    }
  }

  private void constrain(String kind, String name, String defined) {
    String statement = alter() + "ADD CONSTRAINT " + Sql.name(name) + " " + defined;
    wanted.put(kind + name, new Wanted(statement, defined, List.of(statement)));
  }

  private void foreign(ConstraintPart constraint, Wish wish) {
    if (!constraint.kind().equals("f") || !definition.namesAsIn(held.form(), constraint.uses())) {
      return;
    }
    wish.bound()
        .apply(constraint.target().name())
        .filter(to -> to.definition().namesAsIn(to.held().form(), constraint.target().uses()))
        .ifPresent(
            to -> {
              String here = " REFERENCES " + to.held().sql() + "(";
              String there = " REFERENCES " + constraint.target().text() + "(";
              String statement =
                  alter()
                      + "ADD CONSTRAINT "
                      + Sql.name(constraint.name())
                      + " "
                      + constraint.definition().replace(there, here);
              wanted.put(
                  FOREIGN + constraint.name(), new Wanted(statement, "", List.of(statement)));
            });
  }

  private String alter() {
    return "ALTER TABLE ONLY " + held.sql() + " ";
  }

  /** What a table can have as the source has it only once nobody writes the source's rows to it. */
  static Map<String, String> afterwards(Definition definition, HeldTable held, MadeTypes types) {
    WantedParts parts = new WantedParts(definition, held, types, Map.of());
    Map<String, String> later = new LinkedHashMap<>();
    for (ColumnPart column : definition.columns()) {
      Optional<Part> found = held.form().part(column.attnum());
      if (found.isPresent()) {
        parts.afterwards(column, found.get(), later);
      }
    }
    return later;
  }

  private void afterwards(ColumnPart column, Part part, Map<String, String> later) {
    String alter = alter() + "ALTER COLUMN " + part.quoted() + " ";
    boolean inKey = held.form().key().contains(column.attnum());
    if (column.generated() != null && definition.namesAsIn(held.form(), column.uses())) {
      later.put(
          "generated column " + part.quoted(),
          alter()
              + "DROP COLUMN "
              + part.quoted()
              + ", ADD COLUMN "
              + part.quoted()
              + " "
              + part.type()
              + " GENERATED ALWAYS AS ("
              + types.translated(column.expression())
              + ") STORED");
    }
    if (column.notNull() && !part.notNull() && !inKey) {
      later.put("not null " + part.quoted(), alter + "SET NOT NULL");
    }
    if ("a".equals(column.identity())) {
      later.put("identity " + part.quoted(), alter + "SET GENERATED ALWAYS");
    }
  }

  /** The name of an index or constraint. */
  static String nameOf(String key) {
    return key.substring(key.indexOf('/') + 1);
  }

  /** The column that a part is of; 0 where it is none's. */
  static int attnumOf(String key) {
    String[] words = key.split("/");
    boolean several = isOfSeveral(key) && !key.startsWith(GENERATED);
    return several || words.length < 2 ? 0 : Integer.parseInt(words[1]);
  }

  static boolean isOf(String key, int attnum) {
    return attnumOf(key) == attnum;
  }

  /** Whether a part may be of several columns. */
  static boolean isOfSeveral(String key) {
    return key.startsWith(INDEX)
        || key.startsWith(CONSTRAINT)
        || key.startsWith(FOREIGN)
        || key.startsWith(GENERATED);
  }
}
