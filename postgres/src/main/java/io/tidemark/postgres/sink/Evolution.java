package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Makes a table of current rows, or gives it another form, within a commit. Columns are known by
 * their attribute numbers, so a rename is a rename and a column dropped and added again under its
 * old name is another one. What the user has added is left alone.
 */
final class Evolution {
  /** Begins the names that columns have on their way to a name that another still has. */
  private static final String PASSING = "__tidemark_";

  private final TargetSession session;
  private final HeldTable held;

  /**
   * @param held the table as it is, or as it shall be made
   */
  Evolution(TargetSession session, HeldTable held) {
    this.session = session;
    this.held = held;
  }

  /** Makes the table, without an index: its copy comes first. */
  HeldTable create() throws SQLException {
    StateTables.createSchema(session, held.schema());
    List<String> columns = new ArrayList<>();
    for (Part part : held.form().columns()) {
      columns.add(part.quoted() + " " + part.type() + (part.notNull() ? " NOT NULL" : ""));
    }
    if (held.form().partitioned()) {
      columns.add(Sql.name(TargetForm.LEAF) + " text");
    }
    session.execute("CREATE TABLE " + held.sql() + " (" + String.join(", ", columns) + ")");
    return held;
  }

  /** Makes the primary key that the form has, in place of another one. */
  HeldTable index() throws SQLException {
    TargetForm form = held.form();
    HeldTable now = held.indexed().isEmpty() ? held : withoutIndex();
    if (form.hasKey()) {
      String columns = form.keyParts().stream().map(Part::quoted).collect(Collectors.joining(", "));
      alter("ADD PRIMARY KEY (" + columns + ")");
    }
    return now.withIndex(form.key());
  }

  private HeldTable withoutIndex() throws SQLException {
    List<String> names =
        session.query(
            "SELECT conname FROM pg_catalog.pg_constraint WHERE contype = 'p' AND conrelid = "
                + Sql.text(held.sql())
                + "::pg_catalog.regclass",
            row -> row.getString(1));
    for (String name : names) {
      alter("DROP CONSTRAINT " + Sql.name(name));
    }
    for (int attnum : held.indexed()) {
      Optional<Part> part = held.form().part(attnum).filter(each -> !each.notNull());
      if (part.isPresent()) {
        alter("ALTER COLUMN " + part.get().quoted() + " DROP NOT NULL");
      }
    }
    return held.withIndex(List.of());
  }

  /**
   * Changes what differs. New names are given last, because a name may pass from one to another.
   */
  HeldTable change(TargetForm to) throws SQLException {
    TargetForm from = held.form();
    HeldTable loose = new TableParts(session).loosen(held, to);
    HeldTable now =
        held.indexed().isEmpty() || held.indexed().equals(to.key())
            ? loose
            : withoutIndex().withParts(loose.parts());
    List<String[]> renames = new ArrayList<>();
    for (Part part : to.columns()) {
      Optional<Part> old = from.part(part.attnum());
      if (old.isEmpty()) {
        add(part, renames);
      } else {
        keep(old.get(), part, renames);
      }
    }
    for (Part old : from.columns()) {
      if (to.part(old.attnum()).isEmpty()) {
        alter("DROP COLUMN " + old.quoted());
      }
    }
    if (from.partitioned() != to.partitioned()) {
      alter(
          to.partitioned()
              ? "ADD COLUMN " + Sql.name(TargetForm.LEAF) + " text"
              : "DROP COLUMN " + Sql.name(TargetForm.LEAF));
    }
    for (String[] rename : renames) {
      alter("RENAME COLUMN " + rename[0] + " TO " + rename[1]);
    }
    return now.with(to);
  }

  private void add(Part part, List<String[]> renames) throws SQLException {
    String passing = Sql.name(PASSING + part.attnum());
    alter("ADD COLUMN " + passing + " " + part.type() + " DEFAULT " + part.standard());
    alter("ALTER COLUMN " + passing + " DROP DEFAULT");
    renames.add(new String[] {passing, part.quoted()});
  }

  private void keep(Part old, Part part, List<String[]> renames) throws SQLException {
    String column = "ALTER COLUMN " + old.quoted();
    if (old.notNull() && !part.notNull() && !held.indexed().contains(old.attnum())) {
      alter(column + " DROP NOT NULL");
    }
    if (!old.type().equals(part.type())) {
      retype(old, part);
    }
    if (!old.name().equals(part.name())) {
      String passing = Sql.name(PASSING + part.attnum());
      alter("RENAME COLUMN " + old.quoted() + " TO " + passing);
      renames.add(new String[] {passing, part.quoted()});
    }
  }

  /**
   * PostgreSQL rewrites a table whose values would not simply be read as the new type, and then the
   * table is copied again; so what cannot be read here does not matter.
   */
  private void retype(Part old, Part part) throws SQLException {
    String to = "ALTER COLUMN " + old.quoted() + " TYPE " + part.type() + " USING ";
    String statement = "ALTER TABLE ONLY " + held.sql() + " " + to;
    if (!session.tries(statement + converted(old.quoted(), part.type()), "2")) {
      if (old.notNull()) {
        alter("ALTER COLUMN " + old.quoted() + " DROP NOT NULL");
      }
      alter(to + "NULL::" + part.type());
    }
  }

  /** A value under another type. */
  static String converted(String value, String type) {
    return value + "::text::" + type;
  }

  private void alter(String what) throws SQLException {
    session.execute("ALTER TABLE ONLY " + held.sql() + " " + what);
  }
}
