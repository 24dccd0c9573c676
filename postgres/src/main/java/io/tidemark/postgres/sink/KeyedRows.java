package io.tidemark.postgres.sink;

import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.Segment.Place;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Applies changes to a table with a key. Only the last event of each key matters; an update of the
 * key is the death of the old key and, just after it, the birth of the new one. A row that is there
 * is updated in place, so that columns which the user has added keep their values. A value that the
 * log left out is the last one that was set under the key, else the one the table holds. An update
 * that both changes the key and leaves values out takes them from the old key's row, so everything
 * before it is applied first and then that update alone.
 */
final class KeyedRows {
  private final TargetSession session;
  private final String table;
  private final TargetForm form;
  private final String changes;
  private final Ops ops;
  private final String insert;

  /**
   * @param changes the table with the changes; it is used up
   * @param insert the beginning of a statement that inserts what lives of changes {@code n}
   */
  KeyedRows(
      TargetSession session,
      String table,
      TargetForm form,
      String changes,
      Ops ops,
      String insert) {
    this.session = session;
    this.table = table;
    this.form = form;
    this.changes = changes;
    this.ops = ops;
    this.insert = insert;
  }

  void apply(String counted) throws SQLException {
    List<Place> cuts =
        ops.movedLeft()
            ? session.query(
                "SELECT n._lsn, n._seq FROM "
                    + changes
                    + " AS n WHERE n._kind = 4 AND n._left IS NOT NULL AND "
                    + counted
                    + " ORDER BY n._lsn, n._seq",
                row -> new Place(row.getLong(1), row.getLong(2)))
            : List.of();
    String from = "";
    for (Place cut : cuts) {
      Place death = new Place(cut.lsn(), cut.seq() - 1);
      step(counted + from + " AND " + death.sql("<"));
      takeAlong(death, cut);
      step(counted + " AND " + death.sql(">=") + " AND " + cut.sql("<="));
      from = " AND " + cut.sql(">");
    }
    step(counted + from);
  }

  /** A moved row takes the values that the log left out from where it was. */
  private void takeAlong(Place death, Place cut) throws SQLException {
    for (Part part : otherParts()) {
      if (ops.left().contains(part.attnum())) {
        session.execute(
            "UPDATE "
                + changes
                + " AS n SET "
                + part.staged()
                + " = t."
                + part.quoted()
                + ", _left = "
                + without(part)
                + " FROM "
                + changes
                + " AS d JOIN "
                + table
                + " AS t ON "
                + sameKey("t", "d")
                + " WHERE (n._lsn, n._seq) = ("
                + cut.lsn()
                + ", "
                + cut.seq()
                + ") AND (d._lsn, d._seq) = ("
                + death.lsn()
                + ", "
                + death.seq()
                + ") AND "
                + Segment.left(part.attnum()));
      }
    }
  }

  private void step(String range) throws SQLException {
    for (String sql : before(range)) {
      session.execute(sql);
    }
    requireAll(range);
    session.execute(deaths(range));
    // looking for rows that are new costs as much as a third of changing those that are not
    if (session.execute(updates(range)) < living(range)) {
      session.execute(births(range));
    }
  }

  private long living(String range) throws SQLException {
    return session.ask(
        "SELECT count(*) FROM " + changes + " AS n WHERE " + Segment.LIVE + " AND " + range,
        row -> row.getLong(1));
  }

  /** Statements that leave the last event of each key, with all its values. */
  List<String> before(String range) {
    List<String> statements = new ArrayList<>();
    for (Part part : otherParts()) {
      if (ops.left().contains(part.attnum())) {
        statements.add(fill(part, range));
      }
    }
    statements.add(leaveLast(range));
    return statements;
  }

  /** Statements that apply the last events. */
  List<String> statements(String range) {
    return List.of(deaths(range), updates(range), births(range));
  }

  private String deaths(String range) {
    return "DELETE FROM "
        + table
        + " AS t USING "
        + changes
        + " AS n WHERE n._kind = 0 AND "
        + range
        + " AND "
        + sameKey("t", "n");
  }

  private String updates(String range) {
    return "UPDATE "
        + table
        + " AS t SET "
        + assignments()
        + " FROM "
        + changes
        + " AS n WHERE "
        + Segment.LIVE
        + " AND "
        + range
        + " AND "
        + sameKey("t", "n");
  }

  private String births(String range) {
    return insert + " WHERE " + Segment.LIVE + " AND " + range + " AND " + isNew();
  }

  private List<Part> otherParts() {
    return form.columns().stream().filter(part -> !form.key().contains(part.attnum())).toList();
  }

  /** Gives a value that was left out what was last set under the key before. */
  private String fill(Part part, String range) {
    String keys = form.stagedKey();
    return "UPDATE "
        + changes
        + " AS n SET "
        + part.staged()
        + " = f.v, _left = "
        + without(part)
        + " FROM (SELECT DISTINCT ON ("
        + keys
        + ") "
        + keys
        + ", n._lsn AS l, n._seq AS s, "
        + part.staged()
        + " AS v FROM "
        + changes
        + " AS n WHERE "
        + Segment.LIVE
        + " AND NOT coalesce("
        + Segment.left(part.attnum())
        + ", false) AND "
        + range
        + " ORDER BY "
        + keys
        + ", n._lsn DESC, n._seq DESC) f WHERE "
        + Segment.left(part.attnum())
        + " AND "
        + range
        + " AND (n._lsn, n._seq) > (f.l, f.s) AND "
        + form.keyParts().stream()
            .map(key -> "n." + key.staged() + " = f." + key.staged())
            .collect(Collectors.joining(" AND "));
  }

  private static String without(Part part) {
    return "nullif(replace(n._left, '," + part.attnum() + ",', ','), ',')";
  }

  /** Leaves the last event of each key. */
  private String leaveLast(String range) {
    return "DELETE FROM "
        + changes
        + " AS d USING (SELECT n.ctid AS place, row_number() OVER (PARTITION BY "
        + form.stagedKey()
        + " ORDER BY n._lsn DESC, n._seq DESC) AS nth FROM "
        + changes
        + " AS n WHERE n._kind <> 3 AND "
        + range
        + ") x WHERE x.nth > 1 AND d.ctid = x.place";
  }

  /** Nothing is made up: a value that is nowhere means that the copy is not what we left. */
  private void requireAll(String range) throws SQLException {
    if (ops.left().isEmpty()) {
      return;
    }
    long missing = session.ask("SELECT count(*)" + missing(range), row -> row.getLong(1));
    if (missing > 0) {
      throw TargetFailure.changed(
          table, missing + " rows were updated with values left out that are not in the copy");
    }
  }

  /** What follows a SELECT of the events that lack a value which is not in the table either. */
  String missing(String range) {
    return " FROM "
        + changes
        + " AS n WHERE "
        + Segment.LIVE
        + " AND n._left IS NOT NULL AND "
        + range
        + " AND "
        + isNew();
  }

  private String isNew() {
    return "NOT EXISTS (SELECT FROM " + table + " AS t WHERE " + sameKey("t", "n") + ")";
  }

  private String sameKey(String own, String change) {
    return form.keyParts().stream()
        .map(part -> own + "." + part.quoted() + " = " + change + "." + part.staged())
        .collect(Collectors.joining(" AND "));
  }

  private String assignments() {
    List<String> assignments = new ArrayList<>();
    for (Part part : form.columns()) {
      String value = "n." + part.staged();
      if (ops.left().contains(part.attnum())) {
        value =
            "CASE WHEN "
                + Segment.left(part.attnum())
                + " THEN t."
                + part.quoted()
                + " ELSE "
                + value
                + " END";
      }
      assignments.add(part.quoted() + " = " + value);
    }
    if (form.partitioned()) {
      assignments.add(Sql.name(TargetForm.LEAF) + " = n._leaf");
    }
    return String.join(", ", assignments);
  }
}
