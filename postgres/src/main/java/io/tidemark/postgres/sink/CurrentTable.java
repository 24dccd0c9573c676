package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.Segment.Place;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Applies changes to a table of current rows. Changes stand in one table with the columns of {@link
 * Segment}, which is used up by it; rows before the last TRUNCATE of the whole table do not count.
 */
final class CurrentTable {
  private static final String NOT_SUPPORTED = "0A000";

  private final TargetSession session;
  private final String table;
  private final TargetForm form;
  private final String changes;
  private final Ops ops;

  /**
   * @param table its whole name in SQL
   * @param form its form
   * @param changes whole name of the table with the changes, of the same form
   * @param ops what operations there may be
   */
  CurrentTable(TargetSession session, String table, TargetForm form, String changes, Ops ops) {
    this.session = session;
    this.table = table;
    this.form = form;
    this.changes = changes;
    this.ops = ops;
  }

  /**
   * Applies them.
   *
   * @param which condition on those that are meant
   */
  void apply(String which) throws SQLException {
    String counted = which;
    if (ops.truncates()) {
      Optional<Place> from = last(session, changes, "n._kind = 3 AND n._leaf IS NULL AND " + which);
      if (from.isPresent()) {
        empty();
        counted = which + " AND " + from.get().sql(">");
      }
      truncateLeaves(counted);
    }
    if (onlyAdds()) {
      session.execute(insert() + " WHERE " + Segment.LIVE + " AND " + counted);
    } else if (form.hasKey()) {
      new KeyedRows(session, table, form, changes, ops, insert()).apply(counted);
    } else {
      new CountedRows(session, table, form, changes, insert()).apply(counted);
    }
  }

  /** Whether no change meets a row that is there. */
  private boolean onlyAdds() {
    // a row that is inserted may take the place of one only where the log has no deletes
    return !ops.ending() && !(form.insertOnly() && form.hasKey() && ops.stream());
  }

  /** Whether {@link #block} can say all there is to do. */
  boolean isPlain() {
    return !ops.truncates() && !ops.movedLeft() && (form.hasKey() || onlyAdds());
  }

  /**
   * The same as a block of PL/pgSQL, for who applies many pieces by one call.
   *
   * @param which condition on those that are meant, in terms of the block
   * @param lost SQLSTATE to raise where a value is nowhere
   */
  String block(String which, String lost) {
    if (onlyAdds()) {
      return insert() + " WHERE " + Segment.LIVE + " AND " + which + ";\n";
    }
    KeyedRows rows = new KeyedRows(session, table, form, changes, ops, insert());
    StringBuilder block = new StringBuilder();
    rows.before(which).forEach(sql -> block.append(sql).append(";\n"));
    if (!ops.left().isEmpty()) {
      block
          .append("IF EXISTS (SELECT")
          .append(rows.missing(which))
          .append(") THEN RAISE EXCEPTION USING ERRCODE = '")
          .append(lost)
          .append("', MESSAGE = ")
          .append(Sql.text(table))
          .append("; END IF;\n");
    }
    rows.statements(which).forEach(sql -> block.append(sql).append(";\n"));
    return block.toString();
  }

  /** Where the last change is of those that fulfil a condition. */
  static Optional<Place> last(TargetSession session, String changes, String condition)
      throws SQLException {
    return session
        .query(
            "SELECT n._lsn, n._seq FROM "
                + changes
                + " AS n WHERE "
                + condition
                + " ORDER BY n._lsn DESC, n._seq DESC LIMIT 1",
            row -> new Place(row.getLong(1), row.getLong(2)))
        .stream()
        .findFirst();
  }

  /** Empties the table; row by row where a foreign key of the user's stands in the way. */
  private void empty() throws SQLException {
    boolean filled =
        session.ask("SELECT EXISTS (SELECT FROM " + table + ")", row -> row.getBoolean(1));
    if (filled && !session.tries("TRUNCATE ONLY " + table, NOT_SUPPORTED)) {
      session.execute("DELETE FROM " + table);
    }
  }

  /** A leaf that was emptied takes the rows with it that were in it before. */
  private void truncateLeaves(String counted) throws SQLException {
    if (!form.partitioned()) {
      return;
    }
    List<String> leaves =
        session.query(
            "SELECT DISTINCT n._leaf FROM "
                + changes
                + " AS n WHERE n._kind = 3 AND n._leaf IS NOT NULL AND "
                + counted,
            row -> row.getString(1));
    for (String leaf : leaves) {
      String name = Sql.text(leaf);
      Place place =
          last(session, changes, "n._kind = 3 AND n._leaf = " + name + " AND " + counted)
              .orElseThrow();
      session.execute(
          "DELETE FROM " + table + " WHERE " + Sql.name(TargetForm.LEAF) + " = " + name);
      String gone =
          " WHERE n._kind <> 3 AND n._leaf = "
              + name
              + " AND "
              + place.sql("<")
              + " AND "
              + counted;
      // with a key, what was there under it before has ended all the same
      session.execute(
          form.hasKey()
              ? "UPDATE " + changes + " AS n SET _kind = 0" + gone
              : "DELETE FROM " + changes + " AS n" + gone);
    }
  }

  /** The beginning of a statement that inserts what lives of changes {@code n}. */
  private String insert() {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (Part part : form.columns()) {
      names.add(part.quoted());
      values.add("n." + part.staged());
    }
    if (form.partitioned()) {
      names.add(Sql.name(TargetForm.LEAF));
      values.add("n._leaf");
    }
    return "INSERT INTO "
        + table
        + " ("
        + String.join(", ", names)
        + ") SELECT "
        + String.join(", ", values)
        + " FROM "
        + changes
        + " AS n";
  }

  /** Whole rows as one text, which tells apart what the log tells apart. */
  static String rowText(TargetForm form, boolean inChanges, String alias) {
    return form.columns().stream()
        .map(part -> alias + (inChanges ? part.staged() : part.quoted()))
        .collect(Collectors.joining(", ", "ROW(", ")::text"));
  }
}
