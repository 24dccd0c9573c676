package io.tidemark.snowflake;

import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.TableName;
import io.tidemark.snowflake.Facts.Kinds;
import io.tidemark.snowflake.TableForm.Cell;
import io.tidemark.snowflake.TableForm.Life;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the tables of the copy to a commit, within its transaction. The columns that the rows need
 * have been made before; nothing here is DDL.
 */
final class CopyTables {
  private final Session session;
  private final Destination names;
  private final StateTables state;
  private final Forms forms;

  /**
   * @param forms as of this transaction
   */
  CopyTables(Session session, Destination names, StateTables state, Forms forms) {
    this.session = session;
    this.names = names;
    this.state = state;
    this.forms = forms;
  }

  /** Fills columns that are new, and stores the form that the table has from now on. */
  void fill(TableName table, TableForm made, TableForm before) throws SQLException {
    List<String> sets = new ArrayList<>();
    for (Cell cell : made.live()) {
      if (cell.life() == Life.FRESH && before.made()) {
        fill(cell.sql(), cell.from().isEmpty() ? cell.fill() : cell.from(), sets);
        if (cell.raw()) {
          fill(cell.rawSql(), cell.from().isEmpty() ? cell.rawFill() : cell.rawFrom(), sets);
        }
      }
    }
    if (before.made() && made.counted() && !before.counted()) {
      sets.add(SqlText.name(Destination.ROW) + " = UUID_STRING()");
    }
    if (!sets.isEmpty()) {
      session.execute("UPDATE " + names.name(table) + " SET " + String.join(", ", sets));
    }
    TableForm filled = made.filled();
    forms.put(table, filled);
    state.saveForm(Forms.owner(table), Piece.json(filled));
  }

  /** New columns are null already. */
  private static void fill(String column, String value, List<String> sets) {
    if (!value.equals("NULL") && !value.startsWith("CAST(NULL AS ")) {
      sets.add(column + " = " + value);
    }
  }

  /** Loads pieces into their journals; gives what was loaded, oldest first. */
  List<Segment> load(List<Piece> pieces) throws SQLException {
    Map<String, List<Piece>> byJournal = new LinkedHashMap<>();
    for (Piece piece : pieces) {
      byJournal.computeIfAbsent(piece.segment().journal(), name -> new ArrayList<>()).add(piece);
    }
    List<Segment> segments = new ArrayList<>();
    for (List<Piece> same : byJournal.values()) {
      Kinds kinds = same.stream().map(p -> p.segment().kinds()).reduce(Kinds.NONE, Kinds::and);
      segments.add(same.get(0).segment().with(kinds));
      Map<String, List<Piece>> byFolder = new LinkedHashMap<>();
      same.forEach(
          piece -> byFolder.computeIfAbsent(piece.folder(), name -> new ArrayList<>()).add(piece));
      for (List<Piece> together : byFolder.values()) {
        for (List<Piece> some : Places.slices(together)) {
          copyInto(some);
        }
      }
    }
    return segments;
  }

  /** Loads pieces of one folder, and makes sure that nothing of them was left out. */
  private void copyInto(List<Piece> pieces) throws SQLException {
    Segment segment = pieces.get(0).segment();
    String journal = names.own(segment.journal());
    List<String> files = pieces.stream().map(piece -> SqlText.value(piece.file())).toList();
    List<String> columns = segment.wires().stream().map(wire -> SqlText.name(wire.name())).toList();
    long loaded =
        session
            .query(
                "COPY INTO "
                    + journal
                    + " ("
                    + String.join(", ", columns)
                    + ") FROM (SELECT "
                    + String.join(
                        ", ", segment.wires().stream().map(Segment.WireName::read).toList())
                    + " FROM "
                    + names.stage()
                    + "/"
                    + pieces.get(0).folder()
                    + "/) FILES = ("
                    + String.join(", ", files)
                    + ") FILE_FORMAT = (TYPE = PARQUET BINARY_AS_TEXT = FALSE"
                    + " USE_VECTORIZED_SCANNER = TRUE) ON_ERROR = ABORT_STATEMENT FORCE = TRUE",
                row -> row.getLong("rows_loaded"))
            .stream()
            .mapToLong(Long::longValue)
            .sum();
    long staged = pieces.stream().mapToLong(Piece::rows).sum();
    if (loaded != staged) {
      throw new TidemarkException(
          ErrorCode.DESTINATION_CHANGED,
          "Cannot load "
              + pieces.get(0).folder()
              + " into "
              + journal
              + ": "
              + staged
              + " rows were staged and "
              + loaded
              + " loaded. Has somebody removed files of the stage? Start again.");
    }
  }

  /**
   * Takes changes of a table that is still being copied: the snapshot's now, the stream's later.
   */
  void copy(TableName table, List<Segment> loaded) throws SQLException {
    Optional<String> begun = lastAttempt(loaded, "\"SNAP\"");
    for (Segment segment : loaded) {
      if (segment.kinds().stream()) {
        forms.wait(table, segment.with(segment.kinds().withoutSnapshot()), state);
      }
    }
    if (begun.isPresent()) {
      for (Segment segment : forms.waiting(table)) {
        removeBefore(begun.get(), table, segment);
      }
    }
    List<Segment> snapshot = loaded.stream().filter(segment -> segment.kinds().snapshot()).toList();
    applyEach(table, snapshot, "\"SNAP\"");
    for (Segment segment : snapshot) {
      session.execute("DELETE FROM " + names.own(segment.journal()) + " WHERE \"SNAP\"");
    }
  }

  /** Forgets what lies before a copy attempt; what is empty then may be of another key. */
  private void removeBefore(String place, TableName table, Segment segment) throws SQLException {
    String journal = names.own(segment.journal());
    session.execute("DELETE FROM " + journal + " WHERE \"POS\" < " + SqlText.value(place));
    if (session
        .query("SELECT 1 FROM " + journal + " WHERE NOT \"SNAP\" LIMIT 1", row -> 1)
        .isEmpty()) {
      forms.waitNoMore(table, segment, state);
    }
  }

  /**
   * Takes changes of a table that catches up, all for later: rows of a partition's snapshot come
   * between those of the stream then, and out of order.
   */
  void hold(TableName table, List<Segment> loaded) throws SQLException {
    for (Segment segment : loaded) {
      forms.wait(table, segment, state);
    }
  }

  /** Applies changes of a table, and before them what waited for its copy. */
  void apply(TableName table, List<Segment> loaded) throws SQLException {
    Map<String, Segment> all = new LinkedHashMap<>();
    forms.waiting(table).forEach(segment -> all.put(segment.journal(), segment));
    for (Segment segment : loaded) {
      all.merge(
          segment.journal(), segment, (one, other) -> one.with(one.kinds().and(other.kinds())));
    }
    applyEach(table, List.copyOf(all.values()), "TRUE");
    clear(table, all.values());
  }

  /** Forgets what waits of a table: it has left the copy, and what is there is unfinished. */
  void forget(TableName table) throws SQLException {
    clear(table, forms.waiting(table));
  }

  private void clear(TableName table, Iterable<Segment> segments) throws SQLException {
    for (Segment segment : segments) {
      session.execute("DELETE FROM " + names.own(segment.journal()));
      forms.waitNoMore(table, segment, state);
    }
  }

  /** Where the last copy attempt of the whole table begins. */
  private Optional<String> lastAttempt(List<Segment> segments, String which) throws SQLException {
    Optional<String> last = Optional.empty();
    for (Segment segment : segments) {
      if (segment.kinds().truncates() && segment.kinds().snapshot()) {
        List<String> here =
            session.query(
                "SELECT \"POS\" FROM "
                    + names.own(segment.journal())
                    + " WHERE \"OP\" = 't' AND \"SNAP\" AND "
                    + which
                    + " ORDER BY \"POS\" DESC LIMIT 1",
                row -> row.getString(1));
        if (!here.isEmpty() && (last.isEmpty() || here.get(0).compareTo(last.get()) > 0)) {
          last = Optional.of(here.get(0));
        }
      }
    }
    return last;
  }

  /**
   * Applies runs of segments that tell rows apart by the same key, one run after another. What lies
   * before the last copy attempt is void, and may be of a form that the table has left behind.
   */
  private void applyEach(TableName table, List<Segment> given, String which) throws SQLException {
    Optional<String> begun = lastAttempt(given, which);
    String counted =
        begun.isPresent() ? which + " AND \"POS\" >= " + SqlText.value(begun.get()) : which;
    List<Segment> segments = begun.isPresent() ? having(given, counted) : given;
    int from = 0;
    for (int to = 1; to <= segments.size(); to++) {
      if (to == segments.size()
          || !segments.get(to).form().key().equals(segments.get(from).form().key())) {
        applyRun(table, segments.subList(from, to), counted);
        from = to;
      }
    }
  }

  private List<Segment> having(List<Segment> segments, String which) throws SQLException {
    List<Segment> having = new ArrayList<>();
    for (Segment segment : segments) {
      String rows = " FROM " + names.own(segment.journal()) + " WHERE " + which + " LIMIT 1";
      if (!session.query("SELECT 1" + rows, row -> 1).isEmpty()) {
        having.add(segment);
      }
    }
    return having;
  }

  private void applyRun(TableName table, List<Segment> run, String which) throws SQLException {
    RowForm last = run.get(run.size() - 1).form();
    TableForm form = forms.of(table).orElseThrow();
    for (int attnum : last.key()) {
      if (form.cell(attnum).isEmpty()) {
        throw new TidemarkException(
            ErrorCode.DESTINATION_CHANGED,
            "Cannot apply changes to "
                + names.name(table)
                + ": a column of its key was dropped while it was copied. Copy the table again.");
      }
    }
    List<Segment> named =
        run.stream()
            .map(
                segment ->
                    new Segment(
                        names.own(segment.journal()),
                        segment.wires(),
                        segment.form(),
                        segment.kinds()))
            .toList();
    Kinds kinds = run.stream().map(Segment::kinds).reduce(Kinds.NONE, Kinds::and);
    ChangesSql changes = new ChangesSql(form, last.key(), named, which);
    new CurrentTable(session, names.name(table), changes, kinds, last.insertOnly()).apply();
  }
}
